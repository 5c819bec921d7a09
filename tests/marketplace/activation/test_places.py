"""Two places for the probes of one agent: real threads, real connections, and a worker that dies."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from marketplace.activation import tasks
from marketplace.activation.fulfilment import places, probe
from marketplace.activation.fulfilment.place_models import ProbePlace
from marketplace.activation.models import Agent, Resource, ResourceState
from tenants.context import in_province
from tenants.outbox import nudge
from tenants.outbox.models import Letter
from tests.market import Buyer, OnSale, buyer, on_sale
from tests.marketplace.activation.probing import manifest, probing
from tests.portal.outbound.servers import Stranger, ok, silent, stranger
from tests.races.together import together

DEADLINE = 1.0


@pytest.fixture
def sent(race_database, monkeypatch) -> list[int]:
    """Ids of the letters that a worker was told of."""
    told: list[int] = []
    monkeypatch.setattr(nudge, "nudge", lambda _province, letter, topic: told.append(letter))
    monkeypatch.setattr(places, "nudge", nudge.nudge)
    monkeypatch.setattr(probe, "DEADLINE_SECONDS", DEADLINE)
    return told


@pytest.fixture
def lot(sent) -> OnSale:
    return on_sale("shanxi", 8)


@pytest.fixture
def who(sent) -> Buyer:
    return buyer()


def letter_of(resource: Resource) -> Letter:
    return Letter.objects.filter(topic=places.TOPIC, subject_id=str(resource.pk)).latest("pk")


def probes(lot: OnSale, resources: list[Resource]) -> list:
    with in_province(lot.province):
        letters = [letter_of(one).pk for one in resources]
    return [lambda letter=letter: tasks.probe(lot.province, letter) for letter in letters]


def workspaces(who: Buyer, lot: OnSale, server: Stranger, number: int) -> list[Resource]:
    return [probing(who, lot, server.port) for _one in range(number)]


def test_two_probes_of_one_agent_run_at_a_time_and_the_others_do_not_wait_in_their_worker(lot, who):
    with stranger(silent) as slow:
        six = workspaces(who, lot, slow, 6)
        began = time.monotonic()
        assert together(*probes(lot, six)) == [None] * 6
        assert DEADLINE <= time.monotonic() - began < 2.5 * DEADLINE
        assert len(slow.asked) == 2
    with in_province("shanxi"):
        assert Resource.objects.filter(state=ResourceState.PROBING).count() == 4
        assert not ProbePlace.objects.exclude(held_until=None).exists()


def test_without_the_lock_more_than_two_run(lot, who, monkeypatch):
    """Negative control: all six see the same two places free."""
    with stranger(silent) as slow:
        probes(lot, workspaces(who, lot, slow, 1))[0]()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **options: self.all())
    taken, step = threading.Barrier(6), ProbePlace.save

    def save(self, *args, **options):
        taken.wait(10)
        step(self, *args, **options)

    monkeypatch.setattr(ProbePlace, "save", save)
    with stranger(silent) as slow:
        together(*probes(lot, workspaces(who, lot, slow, 6)))
        assert len(slow.asked) == 6


def test_the_probe_that_ends_sends_the_one_that_has_waited_longest(lot, who, sent):
    with stranger(silent) as slow:
        three = workspaces(who, lot, slow, 3)
        with in_province("shanxi"):
            letters = [letter_of(one).pk for one in three]
        sent.clear()
        together(*probes(lot, three[:2]))
        assert sent.count(letters[2]) >= 1
        assert not {letters[0], letters[1]} & set(sent)


def test_every_probe_of_an_agent_comes_to_its_turn_by_what_is_sent(lot, who, sent):
    with stranger(ok(b"")) as server:
        eight = workspaces(who, lot, server, 8)
        server.answering = ok(manifest(eight[:1]))
        sent.clear()
        with in_province("shanxi"):
            letters = {letter_of(one).pk for one in eight}
        together(*probes(lot, eight))
        while left := [letter for letter in sent if letter in letters]:
            sent.clear()
            together(*[lambda letter=letter: tasks.probe("shanxi", letter) for letter in left])
    with in_province("shanxi"):
        assert not Resource.objects.filter(state=ResourceState.PROBING).exists()
        assert Resource.objects.filter(state=ResourceState.READY).count() == 1


def test_a_second_nudge_does_not_probe_the_same_workspace_beside_the_first(lot, who):
    with stranger(silent) as slow:
        one = workspaces(who, lot, slow, 1)
        together(*probes(lot, [*one, *one, *one]))
        assert len(slow.asked) == 1


def test_agents_do_not_share_their_places(lot, who):
    other = on_sale("henan", 8)
    with stranger(silent) as slow, stranger(silent) as slow_too:
        ours, theirs = workspaces(who, lot, slow, 3), workspaces(who, other, slow_too, 3)
        together(*probes(lot, ours), *probes(other, theirs))
        assert (len(slow.asked), len(slow_too.asked)) == (2, 2)


def test_the_place_of_a_worker_that_died_is_free_again_when_its_time_is_over(lot, who):
    with stranger(silent) as slow:
        three = workspaces(who, lot, slow, 3)
    with in_province("shanxi"):
        agent = Agent.objects.get().pk
        dead = [places.take(agent, one) for one in three[:2]]
        assert places.take(agent, three[2]) is None
        ProbePlace.objects.filter(pk=dead[0].pk).update(held_until=timezone.now() - timedelta(seconds=1))
        heir = places.take(agent, three[2])
        assert heir.pk == dead[0].pk
        places.give_back(dead[0])  # it was not dead, only late
        assert ProbePlace.objects.get(pk=heir.pk).holder == heir.holder


def test_while_a_probe_runs_or_waits_the_sweeper_leaves_its_letter_and_no_attempt_is_counted(lot, who):
    with stranger(ok(b"")) as server:
        resource = probing(who, lot, server.port)
    with in_province("shanxi"):
        letter = letter_of(resource)
        assert Letter.objects.due().filter(pk=letter.pk).exists()
        with places.held(resource, letter.pk) as first, places.held(resource, letter.pk) as second:
            assert (first, second) == (True, False)
            assert not Letter.objects.due().filter(pk=letter.pk).exists()
            assert Letter.objects.open().get(pk=letter.pk).attempts == 0


def test_the_database_knows_two_places_and_no_holder_without_a_name(lot):
    with in_province("shanxi"):
        agent = Agent.objects.get()
        for wrong in ({"number": 3}, {"number": 1, "held_until": timezone.now()}):
            with pytest.raises(IntegrityError), transaction.atomic():
                ProbePlace.objects.create(agent=agent, **wrong)


def test_a_probe_holds_no_connection_while_it_waits(lot, who, monkeypatch):
    seen = []
    with stranger(silent) as slow:
        resource = probing(who, lot, slow.port)
        monkeypatch.setattr(
            tasks,
            "probe_workspace",
            lambda *_words, **_more: seen.append(connection.connection) or probe.Finding(False),
        )
        probes(lot, [resource])[0]()
    assert seen == [None]
