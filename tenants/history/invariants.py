"""History is sealed, and its chain ends where the nation's anchor says. The whole chain: `manage.py verify_history`."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from tenants.context import current_province
from tenants.history.models import Seal
from tenants.history.sealing import anchor_of, end_of, waiting_since

SEALED_WITHIN = timedelta(minutes=10)


def findings_in_province() -> Iterator[str]:
    oldest = waiting_since()
    if oldest is not None and timezone.now() - oldest > SEALED_WITHIN:
        minutes = int((timezone.now() - oldest).total_seconds() // 60)
        yield (
            f"History has been waiting to be sealed for {minutes} min: the worker is down, or a transaction "
            "is open that long."
        )
    head, anchor = Seal.objects.first(), anchor_of(current_province())
    known = (anchor.number, anchor.hash) if anchor else (0, "")
    if known != end_of(head):
        yield (
            f"The newest seal of history is {head.number if head else 'missing'}, the nation's anchor knows "
            f"{known[0]}: nothing is sealed until it is looked at (manage.py verify_history)."
        )
