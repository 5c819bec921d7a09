"""What waits for a person: the first page of both staff sites.

An app says what of its own needs a person in a `queues.py` with a list `QUEUES`, found by name
(`tenants.registry`). What mends itself does not belong here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Model, QuerySet
from django.urls import reverse

from portal.accounts import permissions
from portal.accounts.models import User
from portal.web.wording import waited
from tenants import registry
from tenants.context import PUBLIC, current_province

NEVER = datetime.max.replace(tzinfo=UTC)
SHOWN = 8
"""So many of each queue stand on the page, the longest waiting first; the rest are a link away."""


@dataclass(frozen=True)
class Item:
    """One thing that waits."""

    title: str
    note: str
    """What it is about: numbers and names that tell it from the others."""
    since: datetime
    url: str
    """Where it is decided."""


@dataclass(frozen=True)
class Waiting:
    count: int = 0
    oldest: datetime | None = None
    items: list[Item] = field(default_factory=list)


@dataclass(frozen=True)
class Queue:
    """One kind of thing that needs a person; shown to those whose role allows the act it waits for."""

    name: str
    """Word in the address of the page: `verification`."""
    label: Any
    verb: str
    """With `thing`: the right in the table (portal.accounts.permissions) that whoever acts needs."""
    thing: str
    otherwise: Any
    """What happens if nobody acts."""
    act: Any
    """What the link to all of them says."""
    url: Callable[[], str]
    """Page with all of them."""
    find: Callable[[User], Waiting]
    """What waits for this person, in the schema the request runs in."""
    national: bool = False
    """Belongs to the national site; otherwise to that of each province."""
    tone: str = "wait"


@dataclass(frozen=True)
class Line:
    """A queue with what waits in it now."""

    queue: Queue
    waiting: Waiting

    @property
    def more(self) -> int:
        """So many wait beyond those on the page."""
        return self.waiting.count - len(self.waiting.items)

    @property
    def url(self) -> str:
        return self.queue.url()

    @property
    def oldest_age(self) -> str:
        return waited(self.waiting.oldest)


def queues() -> Iterator[Queue]:
    """Every queue of the installed apps, in the order of INSTALLED_APPS."""
    for _label, module in registry.modules("queues"):
        yield from module.QUEUES


def lines_for(user: User) -> list[Line]:
    """Queues of this site that the person may act on, those with the oldest waiting first, empty ones last."""
    national = current_province() == PUBLIC
    mine = [one for one in queues() if one.national == national and permissions.may(user, one.verb, one.thing)]
    lines = [Line(queue, queue.find(user)) for queue in mine]
    return sorted(lines, key=lambda line: line.waiting.oldest or NEVER)


def waiting(rows: "QuerySet[Any]", since: str, item: Callable[[Any], Item]) -> Waiting:
    """Two queries: how many and since when, and the longest waiting of them. `since` names the field."""
    told = rows.order_by().aggregate(count=Count("pk"), oldest=Min(since))
    shown = [item(row) for row in rows.order_by(since, "pk")[:SHOWN]] if told["count"] else []
    return Waiting(told["count"], told["oldest"], shown)


def listed(items: Iterable[Item]) -> Waiting:
    """The same of things that no query finds."""
    ordered = sorted(items, key=lambda one: one.since)
    oldest = ordered[0].since if ordered else None
    return Waiting(len(ordered), oldest, list(islice(ordered, SHOWN)))


def page_of(row: Model) -> str:
    """The object's page on the staff site of this place."""
    return address(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", row.pk)


def list_of(model: type[Model], query: str = "") -> str:
    """The list of such objects on the staff site of this place, filtered by `state__exact=…`."""
    path = address(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{path}?{query}" if query else path


def address(name: str, *args: Any) -> str:
    """A page of the host that belongs to the schema the connection is in."""
    national = current_province() == PUBLIC
    return reverse(name, settings.PUBLIC_SCHEMA_URLCONF if national else settings.ROOT_URLCONF, args=args)
