"""Below `/api/v1/`: the register of all provinces, and `provider/{province}/` for a provider's own supply."""

from django.urls import path

from marketplace.catalog.api import imports, offers, register, supply

urlpatterns = [
    path("sites/", register.Sites.as_view(), name="sites"),
    path("pools/", register.Pools.as_view(), name="pools"),
    path("provider/<slug:province>/sites/", supply.Sites.as_view(), name="provider-sites"),
    path("provider/<slug:province>/sites/<slug:slug>/", supply.OneSite.as_view(), name="provider-site"),
    path("provider/<slug:province>/pools/", supply.Pools.as_view(), name="provider-pools"),
    path("provider/<slug:province>/pools/<slug:slug>/", supply.OnePool.as_view(), name="provider-pool"),
    path("provider/<slug:province>/pools/<slug:slug>/pause/", supply.PausePool.as_view(), name="provider-pool-pause"),
    path(
        "provider/<slug:province>/pools/<slug:slug>/resume/", supply.ResumePool.as_view(), name="provider-pool-resume"
    ),
    path("provider/<slug:province>/pools/<slug:slug>/cards/", supply.AddCards.as_view(), name="provider-cards-add"),
    path(
        "provider/<slug:province>/pools/<slug:slug>/cards/move/", supply.MoveCards.as_view(), name="provider-cards-move"
    ),
    path("provider/<slug:province>/cards/", supply.Cards.as_view(), name="provider-cards"),
    path("provider/<slug:province>/offers/", offers.Offers.as_view(), name="provider-offers"),
    path("provider/<slug:province>/offers/<slug:slug>/", offers.OneOffer.as_view(), name="provider-offer"),
    path("provider/<slug:province>/offers/<slug:slug>/prices/", offers.Prices.as_view(), name="provider-offer-prices"),
    path(
        "provider/<slug:province>/offers/<slug:slug>/publish/", offers.Publish.as_view(), name="provider-offer-publish"
    ),
    path("provider/<slug:province>/offers/<slug:slug>/pause/", offers.Pause.as_view(), name="provider-offer-pause"),
    path("provider/<slug:province>/offers/<slug:slug>/resume/", offers.Resume.as_view(), name="provider-offer-resume"),
    path(
        "provider/<slug:province>/offers/<slug:slug>/withdraw/",
        offers.Withdraw.as_view(),
        name="provider-offer-withdraw",
    ),
    path("provider/<slug:province>/imports/<slug:kind>/", imports.Imports.as_view(), name="provider-imports"),
]
