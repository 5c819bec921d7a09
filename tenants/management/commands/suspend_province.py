from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from tenants import history
from tenants.actions import suspend_province
from tenants.acts import Refusal


class Command(BaseCommand):
    help = "Stop sales in provinces; leases keep running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="+")
        parser.add_argument("--reason", default="", help="kept in the history")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        for slug in options["slugs"]:
            try:
                with history.because(options["reason"]):
                    province = suspend_province(slug)
            except Refusal as refusal:
                raise CommandError(str(refusal)) from None
            self.stdout.write(f"{province.name_en} sells nothing new from now on; its leases run on.")
