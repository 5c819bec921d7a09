"""Jobs. The database row is the truth, the task only a nudge."""

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


class Jobs(Celery):
    def connection_for_write(self, url: str | None = None, **more: Any) -> Any:
        """A connection that sends does not listen.

        Nobody would read the notices, and a backend of PostgreSQL that cannot get rid of one holds up every
        DROP DATABASE of its server.
        """
        options = dict(more.pop("transport_options", None) or {})
        if "use_notify" in self.conf.broker_transport_options:
            options["use_notify"] = False
        return super().connection_for_write(url, transport_options=options, **more)


app = Jobs("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
