from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from tenants.actions import resume_province
from tenants.acts import Refusal


class Command(BaseCommand):
    help = "Let suspended provinces sell again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="+")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        for slug in options["slugs"]:
            try:
                province = resume_province(slug)
            except Refusal as refusal:
                raise CommandError(str(refusal)) from None
            self.stdout.write(f"{province.name_en} sells again.")
