"""The national catalogue: offers of all provinces, and base models."""

from django.urls import path

from portal.directory import views

app_name = "directory"
urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("models/", views.models, name="models"),
    path("<slug:province>/<slug:slug>/", views.offer, name="offer"),
]
