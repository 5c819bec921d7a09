"""National home and decision view, province home: pages over what the other apps know,
and the watch over the provinces' links."""

from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "portal.overview"
    label = "overview"
