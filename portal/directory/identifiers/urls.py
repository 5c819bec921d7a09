"""Resolving identifiers."""

from django.urls import path

from portal.directory.identifiers import views

app_name = "identifiers"
urlpatterns = [path("", views.identifiers, name="resolve")]
