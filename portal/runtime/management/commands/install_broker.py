from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.runtime import broker


class Command(BaseCommand):
    help = "Make the embedded broker, PGMQ, in the portal's database; quickstart does it by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CELERY_BROKER_URL != broker.EMBEDDED:
            raise CommandError("CELERY_BROKER_URL names a broker of its own. Nothing was installed.")
        broker.install(settings.DATABASES["default"])
        self.stdout.write("PGMQ is installed.")
