"""A province's register of supply, and the workspace of its providers."""

from django.urls import include, path

from marketplace.catalog.offers import views
from marketplace.catalog.supply.views import card_models, cards, pools, public, sites, workspace

app_name = "catalog"
urlpatterns = [
    path("sites/", public.sites, name="sites"),
    path("offers/", public.offers, name="offers"),
    path("provider/", workspace.home, name="workspace"),
    path("provider/tables/", include("marketplace.catalog.tables.urls")),
    path("provider/sites/", sites.index, name="sites_of_provider"),
    path("provider/sites/new/", sites.add, name="add_site"),
    path("provider/sites/<uuid:site_id>/", sites.change, name="site"),
    path("provider/pools/", pools.index, name="pools_of_provider"),
    path("provider/pools/new/", pools.add, name="add_pool"),
    path("provider/pools/<uuid:pool_id>/", pools.show, name="pool"),
    path("provider/pools/<uuid:pool_id>/edit/", pools.change, name="edit_pool"),
    path("provider/pools/<uuid:pool_id>/cards/", cards.add, name="add_cards"),
    path("provider/pools/<uuid:pool_id>/cards/<slug:verb>/", cards.move, name="move_cards"),
    path("provider/pools/<uuid:pool_id>/undo/<int:record>/", cards.undo, name="undo_cards"),
    path("provider/pools/<uuid:pool_id>/sale/<slug:verb>/", pools.sell, name="sell_pool"),
    path("provider/card-models/", card_models.index, name="card_models"),
    path("provider/offers/", views.index, name="offers_of_provider"),
    path("provider/offers/new/", views.draft, name="draft"),
    path("provider/offers/<uuid:offer_id>/", views.show, name="offer"),
    path("provider/offers/<uuid:offer_id>/edit/", views.edit, name="edit_offer"),
    path("provider/offers/<uuid:offer_id>/price/", views.price, name="price"),
    path("provider/offers/<uuid:offer_id>/withdraw/", views.withdraw, name="withdraw"),
    path("provider/offers/<uuid:offer_id>/<str:verb>/", views.change, name="change"),
]
