"""Cards, quotes and purchases: pages of the nation."""

from django.urls import path

from portal.checkout.purchases import views
from portal.checkout.quotes.views import cards, quotes
from portal.checkout.requests import views as requests

app_name = "checkout"
urlpatterns = [
    path("cards/", cards.cards, name="cards"),
    path("quotes/", cards.make_quote, name="make_quote"),
    path("quotes/<uuid:pk>/", quotes.quote, name="quote"),
    path("quotes/<uuid:pk>/buy/", quotes.buy, name="buy"),
    path("requests/", requests.enquiries, name="enquiries"),
    path("requests/new/<slug:province>/<slug:slug>/", requests.ask, name="ask"),
    path("requests/<uuid:pk>/", requests.enquiry, name="enquiry"),
    path("purchases/", views.purchases, name="purchases"),
    path("purchases/<uuid:pk>/", views.purchase, name="purchase"),
    path("purchases/<uuid:pk>/lanes/", views.lanes, name="lanes"),
    path("purchases/<uuid:pk>/meter/", views.meter, name="meter"),
    path("purchases/<uuid:pk>/orders/<slug:province>/<slug:number>/end/", views.end, name="end"),
    path(
        "purchases/<uuid:pk>/orders/<slug:province>/<slug:number>/credentials/<uuid:line>/",
        views.access,
        name="access",
    ),
]
