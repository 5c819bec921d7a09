"""Leave work for the outside world in the act's transaction; a task of that name is nudged on commit."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from django.db import models

    from tenants.outbox.models import Letter


def leave(
    topic: str,
    subject: "models.Model | None" = None,
    *,
    due_at: "datetime | None" = None,
    also: str = "",
    **payload: Any,
) -> "Letter":
    """Write an outbox row in the current province and nudge the task named `topic` on commit.

    The task is a `ProvinceTask` called with (schema, letter id); it takes the row with `outbox.work.taken`. Without a
    subject the payload says all. `also` names a second task for the same subject, whose letter the sweeper finds: it
    costs the act neither a statement nor a word to the broker.
    """
    from tenants.outbox.models import Letter

    written = letters(topic, subject, due_at=due_at, also=also, **payload)
    Letter.objects.bulk_create(written)
    return written[0]


def letters(
    topic: str,
    subject: "models.Model | None" = None,
    *,
    due_at: "datetime | None" = None,
    also: str = "",
    **payload: Any,
) -> "list[Letter]":
    """The rows that `leave` writes, not yet written: the caller writes them in this transaction, with rows of its own.

    The task is nudged on commit.
    """
    from django.db import transaction
    from django.utils import timezone

    from tenants.context import current_province
    from tenants.outbox.models import Letter
    from tenants.outbox.nudge import nudge

    province, now = current_province(), timezone.now()
    subject_id = "" if subject is None else str(subject.pk)
    letter = Letter(topic=topic, subject_id=subject_id, payload=payload, due_at=due_at or now)
    if due_at is None:
        transaction.on_commit(lambda: nudge(province, letter.pk, topic))
    second = [Letter(topic=also, subject_id=subject_id, payload=payload, due_at=now)] if also else []
    return [letter, *second]
