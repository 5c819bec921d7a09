"""Commands to agents: made with an act, taken by a poll, repeated until answered."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from marketplace.activation.agents import serving, waiting
from marketplace.activation.models import Agent, Command, Resource, Verb
from marketplace.orders.models import OrderLine

REPEAT_AFTER = timedelta(seconds=5)
"""A command taken by a poll and not answered is given out again: the agent answers a repeated one alike."""
AT_ONCE = 20


def agent_for(line: OrderLine) -> Agent | None:
    """The agent of the line's pool, if it has reported and is neither paused nor revoked.

    Call it in the transaction that orders the command: until its end the pool keeps this agent.
    """
    agent = serving.agent_of_locked(line.pool)
    usable = agent and agent.revoked_at is None and not agent.paused and agent.reported_at is not None
    return agent if usable else None


def order(resource: Resource, verb: Verb, agent: Agent) -> Command:
    """Ask the agent; a second ask for the same verb and attempt finds the first."""
    command, made = Command.objects.get_or_create(
        line=resource.line, verb=verb, attempt=resource.attempt, defaults={"agent": agent}
    )
    if made:
        waiting.announce(agent.key_id)
    return command


@transaction.atomic
def take(agent: Agent) -> list[dict[str, Any]]:
    """Commands the agent has not answered, oldest first, marked as sent; in the shape of the protocol."""
    now = timezone.now()
    taken = list(
        Command.objects.waiting_for(agent)
        .filter(Q(given_at=None) | Q(given_at__lt=now - REPEAT_AFTER))
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("line__order", "line__pool", "line__resource")
        .order_by("created_at")[:AT_ONCE]
    )
    Command.objects.filter(pk__in=[command.pk for command in taken]).update(
        sent_at=Coalesce("sent_at", Value(now)), given_at=now
    )
    return [_as_sent(command) for command in taken]


def seconds_until_repeat(agent: Agent, most: float) -> float:
    """How long a poll may wait before a command must be given out again, at most so long."""
    given = Command.objects.waiting_for(agent).aggregate(first=Min("given_at"))["first"]
    if given is None:
        return most
    return min(most, max(0.0, (given + REPEAT_AFTER - timezone.now()).total_seconds()) + 0.05)


def _as_sent(command: Command) -> dict[str, Any]:
    line = command.line
    return {
        "id": str(command.pk),
        "verb": command.verb,
        "token": str(line.pk),
        "attempt": command.attempt,
        "pool": line.pool.slug,
        "card_model": line.pool.card_model_id,
        "serials": line.resource.serials,
        "order_number": line.order.number,
        "expires_at": line.order.ends_at.isoformat() if line.order.ends_at else None,
    }
