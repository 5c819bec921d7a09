"""The national catalogue: offers of all provinces, and base models."""

from django.urls import path

from portal.directory.views import catalogue, comparing

app_name = "directory"
urlpatterns = [
    path("", catalogue.catalogue, name="catalogue"),
    path("models/", catalogue.models, name="models"),
    path("compare/", comparing.compare, name="compare"),
    path("<slug:province>/<slug:slug>/", catalogue.offer, name="offer"),
]
