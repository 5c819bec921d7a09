"""Tasks that run in a province, and rounds over many subjects there."""

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from celery import Task

from tenants.context import PUBLIC, in_province

log = structlog.get_logger(__name__)


def one_by_one(act: Callable[[Any], object], subjects: Iterable[Any]) -> int:
    """How many of them the act did something for. One's fault is logged and must not keep the others waiting."""
    done = 0
    for subject in subjects:
        try:
            done += bool(act(subject))
        except Exception:
            log.exception("not_done", act=act.__name__, subject=str(getattr(subject, "pk", subject)))
    return done


class ProvinceTask(Task):  # type: ignore[misc]
    """A task whose first argument is the schema it runs in; it refuses to run on `public`."""

    abstract = True
    acks_late = True
    ignore_result = True

    def __call__(self, schema: str, *args: Any, **kwargs: Any) -> Any:
        if not schema or schema == PUBLIC:
            raise ValueError(f"{self.name} needs a province; it got {schema!r}.")
        with in_province(schema):
            return super().__call__(schema, *args, **kwargs)
