from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "portal.checkout"
    label = "checkout"

    def ready(self) -> None:
        from portal.accounts import checklist
        from portal.checkout.checklist import order_step

        checklist.register(20, order_step)
