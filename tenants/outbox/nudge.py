"""Telling a worker that a row waits. A broker that is down costs seconds, not the act: the sweeper asks again."""

import structlog
from celery import current_app

log = structlog.get_logger(__name__)


def nudge(province: str, letter_id: int, topic: str) -> bool:
    """Send the task; True if the broker took it."""
    try:
        current_app.send_task(topic, args=[province, letter_id], retry=False)
    except Exception as error:  # noqa: BLE001 each broker raises its own classes, and the act is committed already
        log.warning("nudge_not_sent", topic=topic, province=province, letter=letter_id, error=str(error))
        return False
    return True
