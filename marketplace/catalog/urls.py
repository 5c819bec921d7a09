"""A province's register of supply, and the workspace of its providers."""

from django.urls import include, path

from marketplace.catalog import views

app_name = "catalog"
urlpatterns = [
    path("sites/", views.sites, name="sites"),
    path("offers/", views.offers, name="offers"),
    path("provider/", views.workspace, name="workspace"),
    path("provider/tables/", include("marketplace.catalog.tables.urls")),
    path("provider/offers/<uuid:offer_id>/withdraw/", views.withdraw, name="withdraw"),
    path("provider/offers/<uuid:offer_id>/<str:verb>/", views.change, name="change"),
]
