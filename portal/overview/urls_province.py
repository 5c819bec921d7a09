"""A province's open pages; what its suppliers list has addresses in marketplace.catalog."""

from django.urls import path

from portal.accounts.decorators import open_to_visitors
from portal.overview import views
from portal.web.theme import set_theme

app_name = "overview"
urlpatterns = [
    path("", views.province_home, name="home"),
    path("theme/", open_to_visitors(set_theme), name="theme"),
]
