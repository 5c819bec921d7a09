"""Watching the provinces' links on the clock."""

from celery import shared_task

from portal.overview.links import watching


@shared_task(name="overview.check_links", ignore_result=True)
def check_links() -> int:
    """Look at every province's link; returns how many alarms were raised."""
    return len(watching.check_links())
