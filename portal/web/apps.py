"""The leaf every page stands on: static files, template tags, form renderer, error pages. No models."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "portal.web"
    label = "web"
