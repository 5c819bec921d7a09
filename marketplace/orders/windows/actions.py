"""Announcing maintenance and setting lending hours; both under the locks of the pools, as sales are."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from marketplace.catalog.models import Pool
from marketplace.orders import stock
from marketplace.orders.models import Lease, LeaseState
from marketplace.orders.windows import terms
from marketplace.orders.windows.models import LendingWindow, MaintenanceWindow
from portal.directory.index.actions import stop_selling
from tenants import history
from tenants.acts import Refusal, require

LONGEST = timedelta(days=30)
FAR = timedelta(days=3650)
"""Times further away are typed by mistake, and the first centuries cannot be read back."""
NAMED = 3
"""So many orders stand in the sentence of a refusal; all of them in its alternatives."""


@dataclass(frozen=True)
class Running:
    """An order that occupies cards of a pool, and when they are free again at the latest."""

    number: str
    until: datetime


# Maintenance -----------------------------------------------------------------------------------


@transaction.atomic
def announce_maintenance(
    pools: Iterable[Pool], starts_at: datetime, ends_at: datetime, reason: str, *, by: Any
) -> list[MaintenanceWindow]:
    """Nothing is sold into that time. Refused, with the orders and their ends, while a lease would run into it."""
    now = timezone.now()
    locked = list(stock.locked_pools(pool.pk for pool in pools))
    _check_times(starts_at, ends_at, now)
    require(reason.strip(), _("Say what the maintenance is for. Nothing was announced."), "no_reason")
    pool_ids = [pool.pk for pool in locked]
    _check_overlap(pool_ids, starts_at, ends_at)
    _check_leases(running_beyond(pool_ids, starts_at, now))
    together = uuid.uuid4()
    made = [
        MaintenanceWindow.objects.create(
            pool=pool, starts_at=starts_at, ends_at=ends_at, reason=reason.strip(), announcement=together
        )
        for pool in locked
    ]
    for window in made:
        history.record("maintenance.announced", window, by=by, pool=window.pool.slug, starts_at=starts_at.isoformat())
    _stop_what_closed(pool_ids, now)
    return made


def _check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    require(
        starts_at < ends_at, _("The maintenance must end after it begins. Nothing was announced."), "runs_backwards"
    )
    require(ends_at > now, _("That time is over already. Nothing was announced."), "in_the_past")
    require(
        ends_at - starts_at <= LONGEST,
        _("Maintenance lasts 30 days at most; put cards that stay away longer out of service. Nothing was announced."),
        "too_long",
    )


def _check_overlap(pool_ids: list[uuid.UUID], starts_at: datetime, ends_at: datetime) -> None:
    other = MaintenanceWindow.objects.standing().filter(pool__in=pool_ids, starts_at__lt=ends_at, ends_at__gt=starts_at)
    first = other.select_related("pool").first()
    if first is not None:
        raise Refusal(
            _("%(pool)s is under maintenance from %(begin)s to %(end)s (Beijing time) already. Nothing was announced.")
            % {"pool": first.pool.slug, "begin": clock(first.starts_at), "end": clock(first.ends_at)},
            "overlaps",
        )


def running_beyond(pool_ids: list[uuid.UUID], at: datetime, now: datetime) -> list[Running]:
    """Orders whose cards may not be back by then, last end last."""
    leases = Lease.objects.occupying().filter(card__pool__in=pool_ids).select_related("line__order")
    ends: dict[str, datetime] = {}
    for lease in leases:
        number = lease.line.order.number
        ends[number] = max(_free_again(lease, now), ends.get(number, now))
    found = [Running(number, until) for number, until in ends.items() if until > at]
    return sorted(found, key=lambda one: (one.until, one.number))


def _free_again(lease: Lease, now: datetime) -> datetime:
    """The latest time at which the lease's card is given back; a release that hangs cannot be foretold."""
    order, grace = lease.line.order, settings.GRACE_AT_END
    if lease.state == LeaseState.RELEASING or (lease.state == LeaseState.LEASED and order.ends_at is None):
        return now + grace
    ends = order.ends_at or (lease.hold_until or now) + timedelta(hours=order.hours)
    return min(ends + grace, lease.line.lent_until or ends + grace)


def _check_leases(running: list[Running]) -> None:
    if not running:
        return
    comma = pgettext("between names in a list", ", ")
    named = comma.join(f"{one.number} ({clock(one.until)})" for one in running[:NAMED])
    more = _(" and %(count)s more") % {"count": len(running) - NAMED} if len(running) > NAMED else ""
    last = running[-1].until
    raise Refusal(
        _(
            "Nothing was announced: running orders reach into that time: %(orders)s%(more)s. "
            "The last of them gives its cards back by %(last)s (Beijing time); maintenance may begin then."
        )
        % {"orders": named, "more": more, "last": clock(last)},
        "leases_run",
        alternatives=[
            {
                "kind": "later_start",
                "starts_at": last.isoformat(),
                "orders": [{"number": one.number, "until": one.until.isoformat()} for one in running],
            }
        ],
    )


@transaction.atomic
def cancel_maintenance(window: MaintenanceWindow, *, by: Any) -> list[MaintenanceWindow]:
    """Take back what was announced together; one that runs is over now."""
    now = timezone.now()
    together = MaintenanceWindow.objects.filter(announcement=window.announcement)
    list(stock.locked_pools(together.values_list("pool", flat=True)))
    standing = list(together.standing().filter(ends_at__gt=now).select_related("pool").select_for_update(of=("self",)))
    require(standing, _("This maintenance is over or was taken back already. Nothing was changed."), "over")
    for one in standing:
        one.cancelled_at = now
        one.save(update_fields=["cancelled_at"])
        history.record("maintenance.cancelled", one, by=by, pool=one.pool.slug)
    return standing


# Lending windows -------------------------------------------------------------------------------


@transaction.atomic
def add_weekly_window(pool: Pool, weekdays: Iterable[int], opens: time, closes: time, *, by: Any) -> LendingWindow:
    """Lend the pool on these ISO weekdays from `opens` to `closes`, Beijing time; leases that run keep their end."""
    days = sorted(set(weekdays))
    require(days, _("Choose at least one day of the week. Nothing was changed."), "no_weekday")
    return _add(pool, by, weekdays=days, opens=opens, closes=closes)


@transaction.atomic
def add_single_window(pool: Pool, starts_at: datetime, ends_at: datetime, *, by: Any) -> LendingWindow:
    """Lend the pool from one time to another; leases that run keep their end."""
    require(starts_at < ends_at, _("The window must end after it begins. Nothing was changed."), "runs_backwards")
    now = timezone.now()
    require(ends_at > now, _("That time is over already. Nothing was changed."), "in_the_past")
    require(
        now - FAR < starts_at and ends_at < now + FAR,
        _("The window begins or ends more than ten years from now. Nothing was changed."),
        "too_far",
    )
    return _add(pool, by, starts_at=starts_at, ends_at=ends_at)


def _add(pool: Pool, by: Any, **facts: Any) -> LendingWindow:
    (pool,) = stock.locked_pools([pool.pk])
    window = LendingWindow(pool=pool, **facts)
    _check_length(window, timezone.now())
    window.save()
    history.record("lending_window.added", window, by=by, pool=pool.slug, **{k: str(v) for k, v in facts.items()})
    _stop_what_closed([pool.pk], timezone.now())
    return window


def _check_length(window: LendingWindow, now: datetime) -> None:
    """Refuse a window in which nothing can be sold, not even together with those that it touches."""
    least = terms.HOUR + terms.turnaround()
    begins = [begin for begin, _end in _spans(window, now)]
    standing = window.pool.lending_windows.standing()
    together = terms.joined(span for one in [*standing, window] for span in _spans(one, now))
    own = [(first, last) for first, last in together if any(first <= begin < last for begin in begins)]
    require(
        any(last - max(first, now) >= least for first, last in own),
        _(
            "A lending window needs at least %(minutes)s minutes still to come: one hour, with setting up and "
            "clearing up. Nothing was changed."
        )
        % {"minutes": least // timedelta(minutes=1)},
        "too_short",
    )


def _spans(window: LendingWindow, now: datetime) -> Iterator[terms.Span]:
    once = (window.starts_at, window.ends_at) if window.starts_at and window.ends_at else None
    return terms.Window(once, window.weekdays, window.opens, window.closes).spans(now)


@transaction.atomic
def cancel_lending_window(window: LendingWindow, *, by: Any) -> LendingWindow:
    """The pool is no longer lent in these hours; without any window it is lent at all times."""
    list(stock.locked_pools([window.pool_id]))
    window = LendingWindow.objects.select_related("pool").select_for_update(of=("self",)).get(pk=window.pk)
    require(window.cancelled_at is None, _("This window was removed already. Nothing was changed."), "over")
    window.cancelled_at = timezone.now()
    window.save(update_fields=["cancelled_at"])
    history.record("lending_window.cancelled", window, by=by, pool=window.pool.slug)
    _stop_what_closed([window.pool_id], timezone.now())
    return window


def _stop_what_closed(pool_ids: list[uuid.UUID], now: datetime) -> None:
    """Pools that cannot be lent for an hour from now are shown as not sold; their agents' next report says the rest."""
    limits = terms.limits(pool_ids, now)
    stop_selling(pool for pool, limit in limits.items() if not limit.fits(1, now))


def clock(moment: datetime) -> str:
    """Beijing time, for a sentence."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
