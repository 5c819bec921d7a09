from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from tenants.actions import open_province
from tenants.acts import Refusal


class Command(BaseCommand):
    help = "Open provinces by slug, for instance: open_province guizhou. The nation's own province is called nation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="+")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        for slug in options["slugs"]:
            try:
                province = open_province(slug)
            except Refusal as refusal:
                raise CommandError(str(refusal)) from None
            self.stdout.write(f"{province.name_en} is open at {province.url}/")
