"""The agent follows the portal's register: what it counts, what it may hand out, and what it knows after a restart."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from marketplace.site_agent import cli, enrolments
from marketplace.site_agent.drivers import preflight
from marketplace.site_agent.drivers.isolation import Walls
from marketplace.site_agent.enrolments import REGISTERS, Enrolment
from marketplace.site_agent.inventory import Inventory
from marketplace.site_agent.service import Service
from marketplace.site_agent.signing import new_key_pair
from tests.marketplace.site_agent.doors import CODE, MODEL, SERIALS, Doors

MORE = [*SERIALS, "n2-c1", "n2-c2"]


def register(version: str, **pools: list[str]) -> dict[str, Any]:
    rows = [{"slug": slug, "card_model": MODEL, "serials": serials} for slug, serials in pools.items()]
    return {"register": version, "pools": rows}


@pytest.fixture
def working(site, monkeypatch) -> Iterator[Callable[[], Service]]:
    """Start the agent of the site in this process, in place of the one that runs."""
    monkeypatch.setattr(preflight.isolation, "choose_walls", lambda: (Walls.NONE, "not asked for"))
    stops: list[threading.Event] = []

    def start() -> Service:
        for stop in stops:
            stop.set()
        stops.append(threading.Event())
        service = Service(site.state)
        threading.Thread(target=service.run, args=(stops[-1],), daemon=True).start()
        return service

    yield start
    for stop in stops:
        stop.set()


def counted(doors: Doors, expected: dict[str, int], seconds: float = 15) -> None:
    """The agent reports these cards of these pools, and no other pool."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if doors.polls and {row["pool"]: row["cards"] for row in doors.polls[-1]["capacity"]} == expected:
            return
        time.sleep(0.02)
    raise AssertionError(f"never reported {expected}; last {doors.polls[-1:]}")


def test_cards_and_pools_registered_later_are_counted_with_the_next_poll(site, doors, working):
    working()
    counted(doors, {"cards": 3})
    doors.register = register("2", cards=MORE, others=["n3-c1"])
    counted(doors, {"cards": 5, "others": 1})
    assert doors.polls[-1]["register"] == "2"


def test_the_register_is_known_after_a_restart_and_not_fetched_again(site, doors, working):
    doors.register = register("2", cards=MORE)
    working()
    counted(doors, {"cards": 5})
    doors.register = {}
    working()
    before = len(doors.polls)
    while len(doors.polls) == before:
        time.sleep(0.02)
    assert (doors.polls[before]["register"], doors.polls[before]["capacity"][0]["cards"]) == ("2", 5)


@pytest.mark.processes
def test_a_command_for_a_new_card_comes_with_the_register_that_has_it(site, doors):
    site.start()
    counted(doors, {"cards": 3})
    doors.register = register("2", cards=MORE)
    answer = doors.final(doors.order("apply", str(uuid.uuid4()), serials=["n2-c1"]), 40)
    assert (answer["status"], answer["serials"]) == ("ready", ["n2-c1"])


def test_a_pool_that_is_not_registered_any_more_is_dropped(site, doors, working):
    doors.register, doors.unknown = register("2", others=["n3-c1"]), {"cards"}
    working()
    counted(doors, {"others": 1}, 4)


def test_an_agent_that_finds_no_place_to_wait_comes_again_when_it_is_told_to(site, doors, working):
    doors.put_off = 1
    began = time.monotonic()
    working()
    while len(doors.polls) < 3:
        time.sleep(0.02)
    assert [poll["wait_seconds"] for poll in doors.polls[:3]] == [0, 25, 0]
    assert time.monotonic() - began >= 2


# What the provider declares ---------------------------------------------------------------------


def declared(tmp_path, **pools: Any) -> str:
    path = tmp_path / "pools.json"
    path.write_text(json.dumps(pools))
    return str(path)


def enrolled(tmp_path, doors, *more: str) -> Enrolment:
    words = ["enrol", "--portal", doors.url, "--code", CODE, "--state", str(tmp_path / "state"), *more]
    assert cli.main(words) == 0
    (found,) = enrolments.load_all(tmp_path / "state")
    return found


def capacity(enrolment: Enrolment) -> list[dict[str, Any]]:
    """What the portal is told of the pools on a machine without cards."""
    rows = Inventory({enrolment.key_id: enrolment}, list).capacity(enrolment)
    return [{name: row[name] for name in ("pool", "cards", "faulty")} for row in rows]


def test_what_the_provider_declares_outlives_a_new_register(tmp_path, doors, capsys):
    file = declared(tmp_path, cards={"devices": {"n1-c1": ["/dev/davinci0"]}, "faulty": ["n1-c2"]})
    enrolment = enrolled(tmp_path, doors, "--pools", file)
    assert enrolment.take_register("2", register("2", cards=MORE)["pools"])
    assert not enrolment.take_register("2", [])
    assert capacity(enrolment) == [{"pool": "cards", "cards": 4, "faulty": ["n1-c2"]}]
    assert enrolment.pools["cards"].devices == {"n1-c1": ["/dev/davinci0"]}
    (again,) = enrolments.load_all(tmp_path / "state")
    assert (again.pools, again.register) == (enrolment.pools, "2")


def test_a_pool_of_another_agent_may_be_declared_before_it_is_served(tmp_path, doors, capsys):
    doors.others = ["later"]
    enrolment = enrolled(tmp_path, doors, "--pools", declared(tmp_path, later={"faulty": ["x"]}))
    assert list(enrolment.pools) == ["cards"]
    enrolment.take_register("2", register("2", later=["x", "y"])["pools"])
    assert capacity(enrolment) == [{"pool": "later", "cards": 1, "faulty": ["x"]}]


def test_an_enrolment_of_an_older_version_keeps_its_devices_and_follows_the_register(tmp_path):
    private, _public = new_key_pair()
    pool = {"card_model": MODEL, "serials": SERIALS, "devices": {"n1-c1": ["/dev/x"]}, "faulty": []}
    facts = {"key_id": "shanxi.1", "private_key": private, "province": "shanxi", "provider": "p", "portal": "http://x"}
    folder = tmp_path / "enrolments"
    folder.mkdir()
    (folder / "shanxi.1.json").write_text(json.dumps({**facts, "pools": {"cards": pool}}))
    (old,) = enrolments.load_all(tmp_path)
    assert capacity(old) == [{"pool": "cards", "cards": 0, "faulty": []}]  # nobody said that it may declare cards
    assert old.take_register("2", register("2", cards=MORE)["pools"])
    assert (old.pools["cards"].serials, old.pools["cards"].devices) == (MORE, {"n1-c1": ["/dev/x"]})


def test_a_damaged_register_is_fetched_again(tmp_path, doors, capsys):
    enrolment = enrolled(tmp_path, doors)
    enrolment.take_register("2", register("2", cards=MORE)["pools"])
    (tmp_path / "state" / REGISTERS / f"{enrolment.key_id}.json").write_text("{")
    (again,) = enrolments.load_all(tmp_path / "state")
    assert (again.pools["cards"].serials, again.register) == (SERIALS, "")


def test_a_renewed_key_is_not_overwritten_by_a_new_register(tmp_path, doors, capsys):
    running = enrolled(tmp_path, doors)
    renewed = enrolments.find(tmp_path / "state", running.key_id)
    renewed.private_key = new_key_pair()[0]
    enrolments.save(tmp_path / "state", renewed)
    running.take_register("2", register("2", cards=MORE)["pools"])
    running.take_new_key()
    assert (running.private_key, running.pools["cards"].serials) == (renewed.private_key, MORE)
