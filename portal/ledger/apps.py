from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "portal.ledger"
    label = "ledger"

    def ready(self) -> None:
        from portal.accounts import checklist
        from portal.accounts.actions import closing
        from portal.ledger.checklist import balance_step
        from portal.ledger.obstacles import running_or_rich
        from portal.ledger.provinces import money_reserved
        from tenants import hooks

        checklist.register(10, balance_step)
        closing.register(running_or_rich)
        hooks.refuse_closing(money_reserved)
