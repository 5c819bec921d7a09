"""Sealing on the clock."""

from celery import shared_task

from tenants.context import for_each_province
from tenants.history.sealing import seal_province
from tenants.models import Province


@shared_task(name="history.seal", ignore_result=True)
def seal() -> int:
    """Seal the history of every province; returns how many records. A failing province does not stop the others."""
    return sum(outcome.value or 0 for outcome in for_each_province(_seal))


def _seal(province: Province) -> int:
    return seal_province(province.slug)
