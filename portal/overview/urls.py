"""Open pages of the nation: home, provinces, published rules and notes."""

from django.urls import path

from portal.overview import staff, views
from portal.web.decorators import open_to_visitors
from portal.web.theme import set_theme

app_name = "overview"
urlpatterns = [
    path("", views.national_home, name="home"),
    path("provinces/", views.provinces, name="provinces"),
    path("notices/", views.notices, name="notices"),
    path("ranking/", views.ranking, name="ranking"),
    path("about/data/", views.about_data, name="about_data"),
    path("about/accessibility/", views.accessibility, name="accessibility"),
    path("about/privacy/", views.privacy, name="privacy"),
    path("staff/links/", staff.links, name="staff_links"),
    path("staff/links/<int:pk>/acknowledge/", staff.acknowledge, name="acknowledge"),
    path("staff/history/", staff.history, name="staff_history"),
    path("theme/", open_to_visitors(set_theme), name="theme"),
]
