from django.apps import AppConfig


class ActivationConfig(AppConfig):
    name = "marketplace.activation"
    label = "activation"

    def ready(self) -> None:
        from marketplace.activation.agents.reporting.reports import uncounted
        from marketplace.catalog import counts

        counts.register(uncounted=uncounted)
