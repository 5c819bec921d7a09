from django.apps import AppConfig


class ActivationConfig(AppConfig):
    name = "marketplace.activation"
    label = "activation"
