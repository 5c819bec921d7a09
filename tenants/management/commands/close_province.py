from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from tenants import history
from tenants.actions import close_province
from tenants.acts import Refusal


class Command(BaseCommand):
    help = (
        "Close a suspended province for good: its tables are exported to a file, its offers leave the national lists. "
        "Refused while leases run, orders are unfinished or money is reserved."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--reason", default="", help="kept in the history")
        parser.add_argument("--yes", action="store_true", help="do not ask; closing cannot be undone")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        if not options["yes"] and input(f"Closing {slug} cannot be undone. Type its name to close it: ") != slug:
            raise CommandError("Nothing was changed.")
        try:
            with history.because(options["reason"]):
                province = close_province(slug)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{province.name_en} is closed. Its export is in the data folder under exports/.")
