"""Sealing on the clock."""

import structlog
from celery import shared_task

from tenants.context import for_each_province
from tenants.history.sealing import seal_province
from tenants.models import Province

log = structlog.get_logger(__name__)


@shared_task(name="history.seal", ignore_result=True)
def seal() -> int:
    """Seal the history of every province; returns how many records. A failing province does not stop the others."""
    outcomes = for_each_province(_seal)
    for outcome in outcomes:
        if outcome.error is not None:
            log.error("history_not_sealed", province=outcome.province.slug, error=str(outcome.error))
    return sum(outcome.value or 0 for outcome in outcomes)


def _seal(province: Province) -> int:
    return seal_province(province.slug)
