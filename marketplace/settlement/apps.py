from django.apps import AppConfig


class SettlementConfig(AppConfig):
    name = "marketplace.settlement"
    label = "settlement"

    def ready(self) -> None:
        from marketplace.settlement.provinces import bring_meters_forward
        from tenants import hooks

        hooks.after_restore(bring_meters_forward)
