"""Pages of people's organisations, and the staff pages beside the national administration."""

from django.urls import URLPattern

app_name = "accounts"
urlpatterns: list[URLPattern] = []
