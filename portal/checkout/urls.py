"""Cards, quotes and purchases: pages of the nation."""

from django.urls import path

from portal.checkout.views import cards, purchases, quotes

app_name = "checkout"
urlpatterns = [
    path("cards/", cards.cards, name="cards"),
    path("quotes/", cards.make_quote, name="make_quote"),
    path("quotes/<uuid:pk>/", quotes.quote, name="quote"),
    path("quotes/<uuid:pk>/buy/", quotes.buy, name="buy"),
    path("purchases/", purchases.purchases, name="purchases"),
    path("purchases/<uuid:pk>/", purchases.purchase, name="purchase"),
    path("purchases/<uuid:pk>/lanes/", purchases.lanes, name="lanes"),
    path("purchases/<uuid:pk>/meter/", purchases.meter, name="meter"),
    path("purchases/<uuid:pk>/orders/<slug:province>/<slug:number>/end/", purchases.end, name="end"),
    path(
        "purchases/<uuid:pk>/orders/<slug:province>/<slug:number>/credentials/<uuid:line>/",
        purchases.access,
        name="access",
    ),
]
