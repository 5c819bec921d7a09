"""Cards, quotes and purchases: pages of the nation."""

from django.urls import path

from portal.checkout import views

app_name = "checkout"
urlpatterns = [
    path("cards/", views.cards, name="cards"),
    path("purchases/", views.purchases, name="purchases"),
]
