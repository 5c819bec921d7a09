"""Places for probes: at most two of one agent's workspaces are probed at the same time.

A probe that finds no place does not wait in its worker. Its message stays open, and the next probe of the agent that
ends sends it again; the sweeper does so if that one died.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from marketplace.activation.fulfilment.place_models import NUMBERS, ProbePlace
from marketplace.activation.fulfilment.probe import DEADLINE_SECONDS
from marketplace.activation.models import Command, Resource, ResourceState, Verb
from tenants.context import current_province
from tenants.outbox import work
from tenants.outbox.models import Letter
from tenants.outbox.nudge import nudge

TOPIC = "activation.probe"
HELD_FOR = timedelta(seconds=DEADLINE_SECONDS + 20)
"""The probe ends within its deadline; the rest is for writing down what it found."""
LOOK_AGAIN_AFTER = timedelta(seconds=10)


@contextmanager
def held(resource: Resource, letter_id: int) -> Iterator[bool]:
    """Whether the resource has a place for the block. Meanwhile, and while it waits, the sweeper leaves its message."""
    agent = _agent_of(resource)
    place = take(agent, resource)
    work.postpone(letter_id, HELD_FOR if place else LOOK_AGAIN_AFTER)
    if place is None:
        yield False
        return
    try:
        yield True
    finally:
        give_back(place)
        _send_next(agent)


@transaction.atomic
def take(agent: str, resource: Resource) -> ProbePlace | None:
    """A free place of the agent; None if there is none, or if the resource has one already."""
    places = _locked(agent) or _made(agent)
    now = timezone.now()
    free = [place for place in places if place.held_until is None or place.held_until <= now]
    if not free or any(place.resource_id == resource.pk for place in places if place not in free):
        return None
    place = free[0]
    place.resource, place.holder, place.held_until = resource, uuid.uuid4(), now + HELD_FOR
    place.save(update_fields=["resource", "holder", "held_until"])
    return place


def _locked(agent: str) -> list[ProbePlace]:
    return list(ProbePlace.objects.select_for_update().filter(agent=agent).order_by("number"))


def _made(agent: str) -> list[ProbePlace]:
    """The agent's first probe makes its places."""
    ProbePlace.objects.bulk_create([ProbePlace(agent_id=agent, number=one) for one in NUMBERS], ignore_conflicts=True)
    return _locked(agent)


def give_back(place: ProbePlace) -> None:
    ProbePlace.objects.filter(pk=place.pk, holder=place.holder).update(resource=None, holder=None, held_until=None)


def _send_next(agent: str) -> None:
    """Nudge the probe of the agent that has waited longest."""
    in_hand = ProbePlace.objects.filter(agent=agent, held_until__gt=timezone.now()).values("resource")
    waiting = Resource.objects.filter(
        state=ResourceState.PROBING,
        line__commands__agent=agent,
        line__commands__verb=Verb.APPLY,
        line__commands__attempt=F("attempt"),
    ).exclude(pk__in=in_hand)
    resource_id = waiting.order_by("applied_at").values_list("pk", flat=True).first()
    letter = Letter.objects.open().filter(topic=TOPIC, subject_id=str(resource_id)).last() if resource_id else None
    if letter is not None:
        nudge(current_province(), letter.pk, TOPIC)


def _agent_of(resource: Resource) -> str:
    """The agent that set the resource up in its newest attempt."""
    asked = Command.objects.filter(line=resource.line_id, verb=Verb.APPLY, attempt=resource.attempt)
    return asked.values_list("agent_id", flat=True).get()
