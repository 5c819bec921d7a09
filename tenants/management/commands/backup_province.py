from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from tenants.actions import backup_province
from tenants.acts import Refusal


class Command(BaseCommand):
    help = "Write the tables of provinces to files, each as they are committed at one moment; sales go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="+")
        parser.add_argument("--to", metavar="DIR", type=Path, help="folder (default: backups/ in the data folder)")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        for slug in options["slugs"]:
            began = monotonic()
            try:
                kept = backup_province(slug, into=options["to"])
            except Refusal as refusal:
                raise CommandError(str(refusal)) from None
            size = f"{kept.bytes / 1e6:.1f} MB, SHA-256 {kept.sha256}"
            self.stdout.write(f"{slug}: {kept.path} ({size}, {monotonic() - began:.1f} s)")
