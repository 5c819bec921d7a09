from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from marketplace.catalog.models import Offer
from marketplace.catalog.offers.indexing import rewrite_index
from tenants.context import for_each_province
from tenants.models import Province


class Command(BaseCommand):
    help = "Write the nation's list of offers anew from every province; repeating it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = [one for one in for_each_province(_rewrite) if one.error is not None]
        for outcome in failed:
            self.stderr.write(f"{outcome.province.slug}: not rewritten, {outcome.error}")
        if failed:
            raise SystemExit(1)
        self.stdout.write("The list of offers equals its sources.")


@transaction.atomic
def _rewrite(province: Province) -> None:
    rewrite_index(Offer.objects.all())
