"""Until when cards of a pool may be lent: its maintenance and lending windows, read as of a moment.

Everything is computed from the clock, nothing waits for a task. A sale reads the windows under the pool's lock, and a
new window is made under the same lock, so that one sees the other.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

SET_UP_WITHIN = timedelta(minutes=10)
"""Reserved between the sale and the working resource; the grace at the end is reserved for clearing up."""
LOOKED_AHEAD = timedelta(days=9)
"""Weekly hours are laid out so far: one week, and a day on each side for hours that cross midnight."""
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)

_STANDING = """
    SELECT pool_id, starts_at, ends_at, weekdays, opens, closes
    FROM orders_lendingwindow WHERE cancelled_at IS NULL AND pool_id = ANY(%s)
    UNION ALL
    SELECT pool_id, starts_at, ends_at, NULL, NULL, NULL
    FROM orders_maintenancewindow WHERE cancelled_at IS NULL AND pool_id = ANY(%s) AND ends_at > %s
"""
"""Both kinds at once, asked at every sale; maintenance has no weekdays."""

Span = tuple[datetime, datetime]


class Cause(StrEnum):
    MAINTENANCE = "maintenance"
    LENDING = "lending"


@dataclass(frozen=True)
class Limit:
    """Cards may be lent until then; a time that is not in the future means: not at all now."""

    until: datetime
    cause: Cause
    again: datetime | None = None
    """When they may be lent again, where that is known."""

    def fits(self, hours: int, now: datetime) -> bool:
        """Whether so many hours, with setting up and clearing up, are over in time."""
        return now + hours * HOUR + turnaround() <= self.until

    def most_hours(self, now: datetime) -> int:
        return max(0, (self.until - now - turnaround()) // HOUR)

    def is_open(self, now: datetime) -> bool:
        return self.until > now


@dataclass(frozen=True)
class Window:
    """A lending window as the clock reads it."""

    once: Span | None
    weekdays: list[int]
    opens: time | None
    closes: time | None

    def spans(self, now: datetime) -> Iterator[Span]:
        if self.once:
            yield self.once
        yield from self.weekly(now)

    def weekly(self, now: datetime) -> Iterator[Span]:
        """Its hours from yesterday on, as far as we look ahead."""
        if self.opens is None or self.closes is None:
            return
        day = timezone.localtime(now) - timedelta(days=1)
        while day < now + LOOKED_AHEAD:
            if day.isoweekday() in self.weekdays:
                begins, ends = (datetime.combine(day.date(), hour, day.tzinfo) for hour in (self.opens, self.closes))
                yield begins, ends if ends > begins else ends + timedelta(days=1)
            day += timedelta(days=1)


def turnaround() -> timedelta:
    """Time a sale needs beyond its hours."""
    return SET_UP_WITHIN + settings.GRACE_AT_END


def limits(pool_ids: Iterable[uuid.UUID], now: datetime) -> dict[uuid.UUID, Limit]:
    """The limit of each pool that has one; one query."""
    maintenance: dict[uuid.UUID, list[Span]] = defaultdict(list)
    lending: dict[uuid.UUID, list[Window]] = defaultdict(list)
    for pool, starts_at, ends_at, weekdays, opens, closes in _standing(list(pool_ids), now):
        if weekdays is None:
            maintenance[pool].append((starts_at, ends_at))
        else:
            once = (starts_at, ends_at) if starts_at else None
            lending[pool].append(Window(once, weekdays, opens, closes))
    found = {}
    for pool in {*maintenance, *lending}:
        limit = _earlier(_maintained(sorted(maintenance[pool]), now), _lent(lending[pool], now))
        if limit is not None:
            found[pool] = limit
    return found


def _standing(pool_ids: list[uuid.UUID], now: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [pool_ids, pool_ids, now])
        return cursor.fetchall()


def _earlier(one: Limit | None, other: Limit | None) -> Limit | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda limit: limit.until)


def _maintained(spans: list[Span], now: datetime) -> Limit | None:
    """The next maintenance that is not over."""
    for starts_at, ends_at in spans:
        if ends_at > now:
            return Limit(starts_at, Cause.MAINTENANCE, ends_at)
    return None


def _lent(windows: list[Window], now: datetime) -> Limit | None:
    if not windows:
        return None
    weekly = joined(span for window in windows for span in window.weekly(now))
    if any(begins <= now and ends >= now + WEEK for begins, ends in weekly):
        return None  # the hours of the week join without a gap
    spans = joined([*weekly, *(window.once for window in windows if window.once)])
    here = next((span for span in spans if span[0] <= now < span[1]), None)
    later = next((span[0] for span in spans if span[0] > now), None)
    return Limit(here[1] if here else now, Cause.LENDING, later)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch or overlap as one."""
    whole: list[Span] = []
    for begins, ends in sorted(spans):
        if whole and begins <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(ends, whole[-1][1]))
        else:
            whole.append((begins, ends))
    return whole
