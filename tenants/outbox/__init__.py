"""Leave work for the outside world in the act's transaction; a task of that name is nudged on commit."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from django.db import models

    from tenants.outbox.models import Letter


def leave(
    topic: str, subject: "models.Model | None" = None, *, due_at: "datetime | None" = None, **payload: Any
) -> "Letter":
    """Write an outbox row in the current province and nudge the task named `topic` on commit.

    The task is a `ProvinceTask` called with (schema, letter id); it takes the row with `outbox.work.taken`. Without a
    subject the payload says all.
    """
    from django.db import transaction
    from django.utils import timezone

    from tenants.context import current_province
    from tenants.outbox.models import Letter
    from tenants.outbox.nudge import nudge

    province = current_province()
    letter = Letter.objects.create(
        topic=topic,
        subject_id="" if subject is None else str(subject.pk),
        payload=payload,
        due_at=due_at or timezone.now(),
    )
    if due_at is None:
        transaction.on_commit(lambda: nudge(province, letter.pk, topic))
    return letter
