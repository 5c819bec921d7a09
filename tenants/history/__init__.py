"""What happened, who did it, when: `record` is called by every act inside its transaction."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from tenants.history.models import Record

_reason: ContextVar[str] = ContextVar("reason", default="")


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Every record written in the block carries the reason that a person gave for the act."""
    token = _reason.set(reason)
    try:
        yield
    finally:
        _reason.reset(token)


def reason_of(act: str, subject: models.Model) -> str:
    """The latest reason that was given when this happened to the object, in the current schema; else empty."""
    from tenants.history.models import Record

    rows = Record.objects.filter(act=act, subject_type=subject._meta.label_lower, subject_id=str(subject.pk))
    given = rows.filter(facts__has_key="reason").order_by("-id").values_list("facts", flat=True).first()
    return str(given["reason"]) if given else ""


def record(act: str, subject: models.Model, *, by: Any = None, **facts: Any) -> "Record":
    """Write one history row in the current schema; on `public` it goes to the nation's province.

    `by` is a user, anything with `actor_kind` and `pk` (an API key, an agent), or None for the system.
    """
    with _schema_of_history():
        row = _row(act, subject, by, facts)
        row.save(force_insert=True)
        return row


def record_each(act: str, rows: Iterable[tuple[models.Model, Mapping[str, Any]]], *, by: Any = None) -> None:
    """The same act on each of these subjects with facts of its own, in one statement."""
    from tenants.history.models import Record

    with _schema_of_history():
        Record.objects.bulk_create(_row(act, subject, by, facts) for subject, facts in rows)


def _schema_of_history() -> AbstractContextManager[None]:
    from tenants.context import NATION, PUBLIC, current_province, in_province

    return in_province(NATION if current_province() == PUBLIC else current_province())


def unwritten(act: str, subject: models.Model, *, by: Any = None, **facts: Any) -> "Record":
    """The row that `record` writes: the caller writes it in this transaction and schema, with rows of its own."""
    return _row(act, subject, by, facts)


def _row(act: str, subject: models.Model, by: Any, facts: Mapping[str, Any]) -> "Record":
    from structlog.contextvars import get_contextvars

    from tenants.history.models import Record

    if reason := _reason.get():
        facts = {"reason": reason, **facts}
    return Record(
        act=act,
        actor_kind="system" if by is None else getattr(by, "actor_kind", "user"),
        actor_id="" if by is None else str(by.pk),
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        facts=dict(facts),
        request_id=str(get_contextvars().get("request_id", "")),
    )
