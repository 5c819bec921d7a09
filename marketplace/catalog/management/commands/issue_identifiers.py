from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from marketplace.catalog.models import Pool
from marketplace.catalog.supply import identifying
from tenants import history
from tenants.context import for_each_province
from tenants.models import Province


class Command(BaseCommand):
    help = "Give every pool without an identifier one, in all provinces; repeating it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        for outcome in for_each_province(_issue):
            if outcome.error is not None:
                failed += 1
                self.stderr.write(f"{outcome.province.slug}: none issued, {outcome.error}")
            elif outcome.value:
                self.stdout.write(f"{outcome.province.slug}: {outcome.value} issued.")
        if failed:
            raise SystemExit(1)
        self.stdout.write("Every pool has its identifier.")


@transaction.atomic
def _issue(province: Province) -> int:
    issued = identifying.keep(Pool.objects.all())
    if issued:
        history.record("identifiers.issued", province, identifiers=issued)
    return len(issued)
