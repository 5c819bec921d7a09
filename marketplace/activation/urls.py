"""A provider's agents and the windows in which its pools are lent: pages of a province."""

from django.urls import path

from marketplace.activation.agents import views
from marketplace.orders.windows import views as window_views

app_name = "activation"
urlpatterns = [
    path("agents/", views.agents, name="agents"),
    path("agents/enrol/", views.enrol, name="enrol"),
    path("agents/codes/<int:pk>/withdraw/", views.withdraw, name="withdraw_code"),
    path("agents/pools/<uuid:pool_id>/", views.choose, name="choose_agent"),
    path("agents/<str:key_id>/rotate/", views.rotate, name="rotate"),
    path("agents/<str:key_id>/revoke/", views.revoke, name="revoke"),
    path("agents/<str:key_id>/<str:verb>/", views.change, name="change"),
    path("windows/", window_views.windows, name="windows"),
    path("windows/<uuid:pool_id>/", window_views.pool, name="pool_windows"),
    path("windows/<uuid:pool_id>/maintenance/", window_views.announce, name="announce"),
    path("windows/<uuid:pool_id>/weekly/", window_views.add_weekly, name="add_weekly"),
    path("windows/<uuid:pool_id>/single/", window_views.add_single, name="add_single"),
    path("windows/maintenance/<uuid:window_id>/cancel/", window_views.cancel_maintenance, name="cancel_maintenance"),
    path("windows/lending/<uuid:window_id>/cancel/", window_views.cancel_lending, name="cancel_lending"),
]
