from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "marketplace.catalog"
    label = "catalog"

    def ready(self) -> None:
        from marketplace.catalog.obstacles import selling
        from marketplace.catalog.provinces import rebuild_identifiers, rebuild_offer_index
        from portal.accounts.actions import closing
        from tenants import hooks

        closing.register(selling)
        hooks.after_restore(rebuild_offer_index)
        hooks.after_restore(rebuild_identifiers)
