"""Jobs. The database row is the truth, the task only a nudge (design.md §6)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings  # noqa: E402  (reads the module named above)

from portal.runtime import broker  # noqa: E402

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,  # a control queue per worker would stay behind a killed one
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    timezone="UTC",
    beat_schedule={"sweep the outbox": {"task": "outbox.sweep", "schedule": 5.0, "options": {"expires": 5}}},
)
if settings.CELERY_BROKER_URL == broker.EMBEDDED:
    app.conf.update(broker.celery_options(settings.DATABASES["default"]))
app.autodiscover_tasks()
