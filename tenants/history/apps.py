from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "tenants.history"
