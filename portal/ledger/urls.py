"""The wallet's page."""

from django.urls import path

from portal.ledger import views

app_name = "ledger"
urlpatterns = [path("", views.wallet, name="wallet")]
