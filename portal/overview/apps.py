"""National home and decision view, province home: pages over what the other apps know; no models."""

from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "portal.overview"
    label = "overview"
