"""A person's own data, the public register of personal data, and an organisation's exports."""

from django.urls import path

from portal.privacy import export_views, views

app_name = "privacy"
urlpatterns = [
    path("about/privacy/register/", views.register, name="personal_data"),
    path("accounts/data/", views.own_data, name="own_data"),
    path("accounts/data/download/", views.download, name="own_data_download"),
    path("accounts/close/", views.close, name="close"),
    path("organisation/export/", export_views.data_exports, name="data_exports"),
    path("organisation/export/<uuid:pk>/", export_views.fetch, name="data_export"),
]
