from typing import Any

from django.core.management.base import BaseCommand

from portal.runtime import doctor


class Command(BaseCommand):
    help = "Check configuration, database, migrations, broker, clock and every invariant; exit 1 if something is wrong."
    requires_system_checks: list[str] = []  # they are the first thing it reports on

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for report in doctor.examine():
            mark = self.style.ERROR("wrong") if report.findings else self.style.SUCCESS("right")
            self.stdout.write(f"{mark}  {report.name}: {report.looked_at}")
            for sentence in report.findings:
                self.stdout.write(f"       {sentence}")
            wrong += len(report.findings)
        if wrong:
            self.stderr.write(f"{wrong} {'finding' if wrong == 1 else 'findings'}.")
            raise SystemExit(1)
        self.stdout.write("Everything examined is as it should be.")
