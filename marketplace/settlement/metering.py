"""What a meter says: until when it counts, the card-seconds up to then, and what they cost. Reads only."""

from datetime import datetime, timedelta
from decimal import Decimal

from marketplace.settlement.models import Meter

MICROSECONDS_PER_HOUR = 3_600_000_000
MICROSECOND = timedelta(microseconds=1)


def counted_until(meter: Meter, at: datetime) -> datetime:
    """The moment up to which the meter counts, seen at `at`: every charge and every page asks here.

    A stopped meter counts to its stop. A running one counts to `at`, but not beyond its order's end, and never back
    behind what was charged.
    """
    if meter.stopped_at is not None:
        return meter.stopped_at
    return max(min(at, _full_at(meter)), meter.captured_until)


def _full_at(meter: Meter) -> datetime:
    """When the quoted hours are used up, or the order's end where a window of the pool brings it forward."""
    order = meter.line.order
    full = meter.ready_at + timedelta(hours=order.hours)
    return full if order.ends_at is None else min(full, order.ends_at)


def card_seconds(meter: Meter, since: datetime, until: datetime) -> Decimal:
    """Seconds from `since` to `until`, times the line's cards: exact to the microsecond."""
    return Decimal((until - since) // MICROSECOND * meter.line.cards) / 1_000_000


def charge_until(meter: Meter, until: datetime) -> int:
    """What the line costs from `ready_at` to `until`, micro-yuan, rounded down once over the whole time."""
    line = meter.line
    microseconds = (until - meter.ready_at) // MICROSECOND
    return min(line.price_u * line.cards * microseconds // MICROSECONDS_PER_HOUR, line.most_u)
