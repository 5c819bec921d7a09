"""`manage.py architecture`: write the layers and state machines of ARCHITECTURE.md anew from the code."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from portal.runtime import architecture


class Command(BaseCommand):
    help = "Write the layers and state machines of ARCHITECTURE.md from the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something differs")

    def handle(self, *args: Any, **options: Any) -> None:
        before = architecture.FILE.read_text()
        after = architecture.written(before)
        if options["check"] and after != before:
            raise CommandError("ARCHITECTURE.md differs from the code. Run `manage.py architecture`.")
        if after != before:
            architecture.FILE.write_text(after)
        self.stdout.write("ARCHITECTURE.md agrees with the code.")
