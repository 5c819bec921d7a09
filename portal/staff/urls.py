"""Pages of national staff beside their administration site."""

from django.urls import path

from portal.staff import role_offers, views

app_name = "staff"
urlpatterns = [
    path("staff/verification/", views.verification, name="verification"),
    path("staff/verification/<uuid:pk>/verify/", views.verify, name="verify"),
    path("staff/verification/<uuid:pk>/prove/", views.prove, name="prove"),
    path("staff/verification/<uuid:pk>/reject/", views.reject, name="reject"),
    path("staff/roles/", views.roles, name="roles"),
    path("accounts/roles/", role_offers.role_offers, name="role_offers"),
]
