from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from tenants.acts import Refusal
from tenants.backups.restoring import Restored, restore_province
from tenants.models import ProvinceState


class Command(BaseCommand):
    help = (
        "Put one province back from its backup while the portal runs. Other provinces go on; a damaged file changes "
        "nothing; what stood before is backed up first. Money is not put back: orders that differ are named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("file", type=Path)

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        began = monotonic()
        try:
            done = restore_province(options["slug"], options["file"])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.tell(done)
        self.stdout.write(f"Restored in {monotonic() - began:.1f} s.")

    def tell(self, done: Restored) -> None:
        for step, seconds in done.seconds.items():
            self.stdout.write(f"  {step:<10} {seconds:6.2f} s")
        if done.migrated:
            self.stdout.write(f"Brought to this version: {', '.join(done.migrated)}")
        if done.before is not None:
            self.stdout.write(f"What stood before: {done.before.path}")
        for note in done.notes:
            self.stdout.write(f"- {note}")
        if done.province.state == ProvinceState.SUSPENDED:
            self.stdout.write(
                f"Sales in {done.province.name_en} are suspended. When the above is looked after: "
                f"resume_province {done.province.slug}"
            )
