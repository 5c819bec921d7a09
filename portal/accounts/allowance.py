"""How often somebody may ask. All processes count together: one row per caller in PostgreSQL.

An allowance of n per period refills evenly, and a caller who has waited long enough may spend it at once. The row
holds when the allowance will be whole again, so one statement counts, decides and never loses a request to a race;
Django's cache in the database would need five and count wrongly between two of them. The table is unlogged: it
costs no write-ahead log, and a crash of the database forgives everybody.
"""

from datetime import timedelta

from django.db import connection

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SWEPT_AT_ONCE = 20

_SPEND = """
    INSERT INTO public.accounts_allowance AS known (caller, whole_at)
    VALUES (%(caller)s, clock_timestamp() + make_interval(secs => %(each)s))
    ON CONFLICT (caller) DO UPDATE
    SET whole_at = GREATEST(known.whole_at, clock_timestamp()) + make_interval(secs => %(each)s)
    WHERE GREATEST(known.whole_at, clock_timestamp()) <= clock_timestamp() + make_interval(secs => %(slack)s)
    RETURNING xmax = 0
"""
_WAIT = """
    SELECT whole_at - clock_timestamp() - make_interval(secs => %(slack)s)
    FROM public.accounts_allowance WHERE caller = %(caller)s
"""
_SWEEP = """
    DELETE FROM public.accounts_allowance WHERE caller IN (
        SELECT caller FROM public.accounts_allowance WHERE whole_at < clock_timestamp() - interval '1 day'
        LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""


def spend(caller: str, rate: str) -> timedelta | None:
    """Use one request of the caller's allowance, for instance "60/min"; None, or how long to wait until the next."""
    most, seconds = parse(rate)
    each = seconds / most
    values: dict[str, str | float] = {"caller": caller, "each": each, "slack": seconds - each}
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, values)
        spent = cursor.fetchone()
        if spent is None:
            cursor.execute(_WAIT, values)
            row = cursor.fetchone()
            return max(row[0], timedelta(0)) if row else timedelta(0)
        if spent[0]:  # a newcomer: those who have not asked for a day make room
            cursor.execute(_SWEEP, [SWEPT_AT_ONCE])
    return None


def parse(rate: str) -> tuple[int, int]:
    """(60, 60) of "60/min": so many requests in so many seconds."""
    most, _slash, period = rate.partition("/")
    return int(most), PERIODS[period[0]]
