"""Resolving identifiers."""

from django.urls import path

from portal.directory.views import resolving

app_name = "identifiers"
urlpatterns = [path("", resolving.identifiers, name="resolve")]
