"""The national catalogue: offers of all provinces, and base models."""

from django.urls import path

from portal.directory.views import alerts, catalogue, comparing, saved

app_name = "directory"
urlpatterns = [
    path("", catalogue.catalogue, name="catalogue"),
    path("models/", catalogue.models, name="models"),
    path("compare/", comparing.compare, name="compare"),
    path("saved/", saved.searches, name="saved"),
    path("saved/new/", saved.save, name="save_search"),
    path("saved/<uuid:pk>/", saved.search, name="saved_search"),
    path("saved/<uuid:pk>/forget/", saved.forget, name="forget_search"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/new/", alerts.wait, name="wait"),
    path("alerts/<uuid:pk>/", alerts.alert, name="alert"),
    path("<slug:province>/<slug:slug>/", catalogue.offer, name="offer"),
]
