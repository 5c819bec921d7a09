"""Which cards are free, and taking them. The exclusion constraint is the last word; the locks keep it quiet."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from marketplace.catalog.models import Card, CardState, Pool
from marketplace.orders.models import Lease, LeaseState, OrderLine
from tenants.acts import Refusal


def free(pool_ids: Iterable[uuid.UUID]) -> QuerySet[Card]:
    """Cards in service that no lease occupies."""
    occupied = Lease.objects.occupying().filter(card=OuterRef("pk"))
    return Card.objects.filter(pool__in=list(pool_ids), state=CardState.IN_SERVICE).exclude(Exists(occupied))


def free_cards(pool_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Free cards of each pool; a pool with none is absent."""
    return dict(free(pool_ids).values_list("pool").annotate(Count("id")))


def lock_pools(pool_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Pool]:
    """Share-lock the pools in order of id, so that none is paused while cards are taken from it."""
    pools = Pool.objects.filter(pk__in=list(pool_ids)).select_related("provider").order_by("pk")
    return {pool.pk: pool for pool in pools.select_for_update(of=("self",), no_key=True)}


def take_cards(line: OrderLine, start: datetime, hold_until: datetime) -> list[Lease]:
    """Hold the line's number of free cards, fullest nodes last, skipping cards another buyer is taking now.

    Raises `Refusal` `no_longer_free` if fewer are left; the caller's transaction rolls back.
    """
    cards = list(
        free([line.pool_id])
        .order_by("node", "id")
        .select_for_update(of=("self",), skip_locked=True)
        .values_list("pk", flat=True)[: line.cards]
    )
    if len(cards) < line.cards:
        raise Refusal(
            _(
                "Another buyer was faster: %(free)s of %(wanted)s cards are left in this pool. Nothing was bought."
            )
            % {"free": len(cards), "wanted": line.cards},
            "no_longer_free",
        )
    during = (start, None)
    return Lease.objects.bulk_create(
        Lease(card_id=card, line=line, during=during, state=LeaseState.HELD, hold_until=hold_until) for card in cards
    )
