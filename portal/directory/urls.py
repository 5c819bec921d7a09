"""The national catalogue: offers of all provinces, and base models."""

from django.urls import path

from portal.directory.browse import comparing_views, views
from portal.directory.wishes.views import alerts, searches, stopping

app_name = "directory"
urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("models/", views.models, name="models"),
    path("compare/", comparing_views.compare, name="compare"),
    path("saved/", searches.searches, name="saved"),
    path("saved/new/", searches.save, name="save_search"),
    path("saved/<uuid:pk>/", searches.search, name="saved_search"),
    path("saved/<uuid:pk>/forget/", searches.forget, name="forget_search"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/new/", alerts.wait, name="wait"),
    path("alerts/<uuid:pk>/", alerts.alert, name="alert"),
    path("stop/<str:token>/", stopping.stop, name="stop"),
    path("<slug:province>/<slug:slug>/", views.offer, name="offer"),
]
