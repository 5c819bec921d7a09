"""How many agents a web process lets in at once, and what the others are told."""

import threading

import pytest

from marketplace.activation.agents import waiting
from marketplace.activation.agents.bounds import gate
from marketplace.activation.models import Agent
from tenants.context import in_province
from tests.market import on_sale
from tests.marketplace.activation.test_doors import code_of, enrolling, knocker, lot  # noqa: F401  fixtures
from tests.races.test_agents import another, enrolled, later
from tests.races.together import together


def entered(keys: list[str]) -> list[bool]:
    """Whether each request is let in while those before it are inside, one thread for each."""
    answers, leave, threads = [], threading.Event(), []
    for key in keys:
        told = threading.Event()

        def stay(key: str = key, told: threading.Event = told) -> None:
            with gate.entering(key) as inside:
                answers.append(inside)
                told.set()
                leave.wait(10)

        threads.append(threading.Thread(target=stay))
        threads[-1].start()
        assert told.wait(10)
    leave.set()
    for thread in threads:
        thread.join(10)
    return answers


def test_no_more_are_let_in_than_the_process_has_room_for(settings):
    settings.AGENT_REQUESTS = 3
    assert entered(["a", "b", "c", "d"]) == [True, True, True, False]
    assert entered(["d"]) == [True]


def test_one_key_takes_no_room_from_the_others():
    own = ["a"] * (gate.AT_ONCE_UNDER_ONE_KEY + 1)
    assert entered([*own, "b"]) == [True] * gate.AT_ONCE_UNDER_ONE_KEY + [False, True]
    assert not gate._inside


@pytest.mark.django_db
def test_who_is_not_let_in_is_told_when_to_come_again(knocker, settings):  # noqa: F811
    settings.AGENT_REQUESTS = 0
    answer = knocker.report(8)
    assert code_of(answer) == (503, "too_many_agents")
    assert answer.headers["Retry-After"] == str(gate.RETRY_AFTER_SECONDS)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_pages_and_the_api_pass_when_no_agent_does(client_at, shanxi, settings):
    settings.AGENT_REQUESTS = 0
    assert client_at().get("/").status_code == 200
    assert client_at().get("/api/v1/card-models/").status_code == 200


def test_a_poll_without_a_place_to_wait_has_its_report_taken(race_database, client_at, settings):
    settings.AGENT_POLLS = 1
    place = on_sale("shanxi", 8)
    first, second = enrolled(place, client_at), another(place, client_at)

    def poll(who):
        return lambda: who.post("lease", {"wait_seconds": 2})

    waited, answer = together(poll(first), later(poll(second), 0.5))
    assert (waited.status_code, code_of(answer)) == (200, (503, "no_place_to_wait"))
    assert answer.headers["Retry-After"] == str(waiting.ASK_AGAIN_SECONDS)
    with in_province("shanxi"):
        assert Agent.objects.get(pk=second.key_id).polls == 1
    assert second.post("lease", {"wait_seconds": 0}).status_code == 200
    assert waiting._waiting == 0
