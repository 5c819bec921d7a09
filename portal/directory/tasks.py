"""Looking for what people wait for."""

import structlog
from celery import shared_task

from portal.directory.wishes.actions import alerting, saving

log = structlog.get_logger(__name__)


@shared_task(name="directory.watch_stock", ignore_result=True)
def watch_stock() -> None:
    """Tell people whose wish is in stock. Three queries over the open wishes, not one for each agent's report."""
    if told := alerting.look():
        log.info("alerts_told", letters=told)


@shared_task(name="directory.watch_offers", ignore_result=True)
def watch_offers() -> None:
    """Tell people whose saved searches new offers match, each search at most once a day."""
    if told := saving.tell_due():
        log.info("searches_told", letters=told)
