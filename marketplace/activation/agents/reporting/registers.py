"""An agent's register: the pools it serves with the serials in service, and a version that tells whether it changed."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Q, Value
from django.db.models.functions import MD5

from marketplace.activation.agents import serving
from marketplace.activation.models import Agent
from marketplace.catalog.models import Card, CardState, Pool


@dataclass(frozen=True)
class Register:
    version: str
    pools: list[Pool]
    others: list[str]
    """Pools of the provider that another agent serves, or none yet."""

    def as_sent(self) -> dict[str, Any]:
        """In the shape of the protocol."""
        serials: dict[Any, list[str]] = {}
        cards = Card.objects.filter(pool__in=self.pools, state=CardState.IN_SERVICE).order_by("id")
        for pool_id, serial in cards.values_list("pool_id", "serial"):
            serials.setdefault(pool_id, []).append(serial)
        rows = [
            {
                "slug": pool.slug,
                "card_model": pool.card_model_id,
                "registered_cards": len(serials.get(pool.pk, [])),
                "serials": serials.get(pool.pk, []),
            }
            for pool in self.pools
        ]
        return {"register": self.version, "pools": rows}


def register_of(agent: Agent) -> Register:
    """What the agent serves now; the serials are read only when they are sent."""
    pools = list(Pool.objects.filter(provider=agent.provider_id).order_by("slug"))
    serves = serving.agents_of(pools)
    mine = [pool for pool in pools if pool.pk in serves and serves[pool.pk].pk == agent.pk]
    in_service = Q(state=CardState.IN_SERVICE)
    serials = MD5(StringAgg("serial", Value("\n"), filter=in_service, order_by="id"))
    rows = Card.objects.filter(pool__in=mine).order_by().values_list("pool").annotate(digest=serials)
    digests = dict(rows)
    others = [pool.slug for pool in pools if pool.pk not in serves or serves[pool.pk].pk != agent.pk]
    text = "\n".join(f"{pool.slug} {pool.card_model_id} {digests.get(pool.pk) or ''}" for pool in mine)
    return Register(hashlib.sha256(text.encode()).hexdigest()[:32], mine, others)
