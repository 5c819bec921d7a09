import http.client
import time
from argparse import ArgumentParser
from multiprocessing.synchronize import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.runtime import kept, quickstart

READY_WITHIN_SECONDS = 60


class Command(BaseCommand):
    help = "Start the whole portal on this machine: database, web, worker, beat and, with the sample world, two agents."
    requires_system_checks: list[str] = []  # they may ask the database, which is not running yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORTAL_PORT, help="where pages answer (default: 8000)")
        parser.add_argument("--data", metavar="DIR", help="where database, mail and keys are kept (default: var)")
        parser.add_argument("--without-sample", action="store_true", help="an empty portal, without the sample world")

    def handle(self, *args: Any, **options: Any) -> None:
        self.began = time.monotonic()
        if not options["without_sample"] and not settings.SAMPLE_WORLD:
            self.say("This data folder was made without the sample world, and stays so")
        try:
            quickstart.run(options["port"], self.say, self.tell_addresses)
        except quickstart.CannotStart as reason:
            kept.stop_with(reason, code=1)

    def say(self, sentence: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self.began:5.1f} s] {sentence}")
        self.stdout.flush()

    def tell_addresses(self, stopping: Event) -> None:
        """Runs beside the parts: waits until the site answers, then prints where it is and who may sign in."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline and not stopping.is_set():
            if _answers():
                self.say("The portal is ready")
                self.stdout.write("\n".join(quickstart.addresses()))
                self.stdout.flush()
                return
            stopping.wait(0.1)
        if not stopping.is_set():
            self.say(f"The portal did not become ready within {READY_WITHIN_SECONDS} s; the lines above say why")


def _answers() -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", settings.PORTAL_PORT, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
