"""Which cards are free, and taking them. The exclusion constraint is the last word; the locks keep it quiet."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.catalog.models import Card, CardState, Pool
from marketplace.orders.models import Lease, LeaseState, OrderLine
from tenants.acts import Refusal
from tenants.context import current_province
from tenants.models import Province


def free(pool_ids: Iterable[uuid.UUID]) -> QuerySet[Card]:
    """Cards in service that no lease occupies: an open lease has no end, so it occupies all time to come."""
    occupied = Lease.objects.occupying().filter(card=OuterRef("pk"))
    return Card.objects.filter(pool__in=list(pool_ids), state=CardState.IN_SERVICE).exclude(Exists(occupied))


def free_cards(pool_ids: Iterable[uuid.UUID], *, without: Iterable[str] = ()) -> dict[uuid.UUID, int]:
    """Free cards of each pool, not counting these serials; a pool with none is absent."""
    cards = free(pool_ids)
    if serials := list(without):
        cards = cards.exclude(serial__in=serials)
    return dict(cards.values_list("pool").annotate(Count("id")))


def locked_pools(pool_ids: Iterable[uuid.UUID]) -> QuerySet[Pool]:
    """The pools, locked in order of id: buyers of one pool follow each other, and nobody pauses it meanwhile."""
    return Pool.objects.filter(pk__in=list(pool_ids)).locked()


_HOLD = """
    INSERT INTO orders_lease (card_id, line_id, during, state, hold_until)
    SELECT card.pk, %s, tstzrange(%s, NULL), %s, %s FROM ({chosen}) AS card
"""


def take_cards(line: OrderLine, start: datetime, hold_until: datetime, *, without: Iterable[str] = ()) -> None:
    """Hold the line's number of free cards, node by node, without these serials.

    Raises `Refusal` `no_longer_free` if fewer are left; the caller's transaction rolls back.
    """
    candidates = free([line.pool_id]).order_by("node", "id").select_for_update(of=("self",), skip_locked=True)
    if serials := list(without):
        candidates = candidates.exclude(serial__in=serials)
    chosen, values = candidates.values("pk")[: line.cards].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_HOLD.format(chosen=chosen), [line.pk, start, LeaseState.HELD, hold_until, *values])
        held = cursor.rowcount
    if held < line.cards:
        raise _gone(line.cards, held)


def _gone(wanted: int, left: int) -> Refusal:
    province = Province.objects.get(schema_name=current_province())
    sentence = ngettext(
        "Nothing was bought and nothing was charged. Another buyer has just reserved the %(wanted)s card in "
        "%(province)s; %(left)s is left there.",
        "Nothing was bought and nothing was charged. Another buyer has just reserved some of the %(wanted)s cards in "
        "%(province)s; %(left)s are left there.",
        wanted,
    )
    facts = {"wanted": wanted, "left": left, "province": province.name}
    return Refusal(sentence % facts, "no_longer_free", alternatives=[{"kind": "new_quote"}])


def clash() -> Refusal:
    """What the exclusion constraint said, for people."""
    return Refusal(
        _("Nothing was bought and nothing was charged. Another buyer has just reserved these cards."),
        "no_longer_free",
        alternatives=[{"kind": "new_quote"}],
    )
