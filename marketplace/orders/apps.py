from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "marketplace.orders"
    label = "orders"

    def ready(self) -> None:
        from marketplace.catalog import occupancy as asked
        from marketplace.orders import occupancy

        asked.register(occupied=occupancy.occupied, leases_of_plans=occupancy.leases_of_plans)
