"""What happened, who did it, when: `record` is called by every act inside its transaction."""

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from tenants.history.models import Record


def record(act: str, subject: models.Model, *, by: Any = None, **facts: Any) -> "Record":
    """Write one history row in the current schema; on `public` it goes to the nation's province.

    `by` is a user, anything with `actor_kind` and `pk` (an API key, an agent), or None for the system.
    """
    from structlog.contextvars import get_contextvars

    from tenants.context import NATION, PUBLIC, current_province, in_province
    from tenants.history.models import Record

    with in_province(NATION if current_province() == PUBLIC else current_province()):
        return Record.objects.create(
            act=act,
            actor_kind="system" if by is None else getattr(by, "actor_kind", "user"),
            actor_id="" if by is None else str(by.pk),
            subject_type=subject._meta.label_lower,
            subject_id=str(subject.pk),
            facts=facts,
            request_id=str(get_contextvars().get("request_id", "")),
        )
