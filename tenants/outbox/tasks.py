"""The sweeper: finds letters nobody worked on and nudges again."""

from celery import shared_task

from tenants.context import for_each_province
from tenants.models import Province
from tenants.outbox.models import Letter
from tenants.outbox.nudge import nudge

AT_MOST_PER_PROVINCE = 200


@shared_task(name="outbox.sweep", ignore_result=True)
def sweep() -> int:
    """Nudge every due letter again; returns how many were sent."""
    return sum(outcome.value or 0 for outcome in for_each_province(_sweep_province))


def _sweep_province(province: Province) -> int:
    letters = Letter.objects.due().order_by("due_at").values_list("pk", "topic")[:AT_MOST_PER_PROVINCE]
    return sum(nudge(province.slug, pk, topic) for pk, topic in letters)
