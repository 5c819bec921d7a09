from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tenants.context import in_public
from tenants.history import sealing, verifying
from tenants.models import Province


class Command(BaseCommand):
    help = (
        "Recompute the seals of history and name every record that was changed, removed or slipped in; exit 1 if any. "
        "--accept goes on from a chain that is shorter than the nation knows, for instance after a restore."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--province", metavar="SLUG", help="only this province (default: all with a schema)")
        parser.add_argument("--seal", action="store_true", help="first seal what can be sealed now")
        parser.add_argument("--accept", metavar="REASON", help="take the province's newest seal as the right one")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["province"]
        with in_public():
            known = Province.objects.with_schema()
            found = list(known.filter(schema_name=wanted) if wanted else known)
        if not found:
            raise CommandError(f"No province with a schema is called “{wanted}”. Nothing was examined.")
        if options["accept"]:
            self._accept(found, wanted, options["accept"])
        wrong = sum(self._examine(one, seal=options["seal"]) for one in found)
        if wrong:
            self.stderr.write(f"{wrong} {'finding' if wrong == 1 else 'findings'}.")
            raise SystemExit(1)

    def _accept(self, found: list[Province], wanted: str | None, reason: str) -> None:
        if not wanted:
            raise CommandError("--accept needs --province: name the one whose chain is right. Nothing was changed.")
        sealing.accept_chain(found[0], reason=reason)
        self.stdout.write(f"{wanted}: its newest seal counts from now on; the nation's history says why.")

    def _examine(self, province: Province, *, seal: bool) -> int:
        try:
            if seal:
                sealing.seal_province(province.slug)
            told = verifying.verify_province(province.slug)
        except (DatabaseError, sealing.ChainBroken) as error:
            self.stdout.write(f"{self.style.ERROR('wrong')}  {province.slug}: could not be examined: {error}")
            return 1
        mark = self.style.ERROR("wrong") if told.findings else self.style.SUCCESS("right")
        newest = f", the newest of {told.newest_at:%Y-%m-%d %H:%M:%S %Z}" if told.newest_at else ""
        self.stdout.write(
            f"{mark}  {province.slug}: {told.seals} seals over {told.sealed} records{newest}; {told.waiting} wait"
        )
        for sentence in told.findings:
            self.stdout.write(f"       {sentence}")
        return len(told.findings)
