"""A province's open pages; what its suppliers list has addresses in marketplace.catalog."""

from django.urls import path

from portal.overview import staff, views
from portal.web.decorators import open_to_visitors
from portal.web.theme import set_theme

app_name = "overview"
urlpatterns = [
    path("", views.province_home, name="home"),
    path("staff/links/", staff.links, name="staff_links"),
    path("staff/links/<int:pk>/acknowledge/", staff.acknowledge, name="acknowledge"),
    path("staff/history/", staff.history, name="staff_history"),
    path("theme/", open_to_visitors(set_theme), name="theme"),
]
