"""`manage.py load_sample`: the sample world, deterministic and repeatable."""

from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.runtime.sample import world
from tenants.acts import Refusal


class Command(BaseCommand):
    help = "Load the sample world (SAMPLE_WORLD=1 only). What stands already stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", type=int, default=1, help="20 makes 2,000+ offers in 31 provinces")

    def handle(self, *args: Any, scale: int, **options: Any) -> None:
        if scale < 1:
            raise CommandError("--scale must be 1 or more. Nothing was loaded.")
        started = monotonic()
        try:
            world.load(times=scale, say=lambda sentence: self.stdout.write(f"  {sentence}"))
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        for name, count in world.counts().items():
            self.stdout.write(f"{count:>8,} {name}")
        self.stdout.write(self.style.SUCCESS(f"The sample world stands ({monotonic() - started:.1f} s)."))
