"""The sweeper of files that were checked and never imported."""

from celery import shared_task

from marketplace.catalog.models import TableUpload
from tenants.context import for_each_province
from tenants.models import Province


@shared_task(name="catalog.forget_uploads", ignore_result=True)
def forget_uploads() -> int:
    """Forget files whose hour is over; returns how many. A failing province does not stop the others."""
    return sum(outcome.value or 0 for outcome in for_each_province(_forget_in_province))


def _forget_in_province(province: Province) -> int:
    return TableUpload.objects.expired().delete()[0]
