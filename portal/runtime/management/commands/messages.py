from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from portal.runtime.translations import catalogues, messages


class Command(BaseCommand):
    help = (
        "Bring the translation catalogues up to the code and compile them; with --check say what they lack (exit 1), "
        "with --compile only compile them."
    )
    requires_system_checks: list[str] = []  # words only

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--check", action="store_true", help="change nothing")
        what.add_argument("--compile", action="store_true", help="for production, before the first start")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        if options["compile"]:
            catalogues.compile_changed()
            return
        for path in messages.catalogues():
            messages.update(path)
            self.stdout.write(f"{path}: {sum(1 for _ in messages.load(path))} messages")
        catalogues.compile_changed()

    def _check(self) -> None:
        found = [sentence for path in messages.catalogues() for sentence in messages.problems(path)]
        for sentence in found:
            self.stderr.write(sentence)
        if found or not messages.catalogues():
            self.stderr.write(f"{len(found)} findings in {len(messages.catalogues())} catalogues.")
            raise SystemExit(1)
        self.stdout.write("Every sentence is translated.")
