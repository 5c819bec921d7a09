"""Only cards that a driver counts are confirmed; the others are named, or declared where that is allowed."""

import json
import uuid
from threading import Event

import pytest

from marketplace.site_agent import cli
from marketplace.site_agent.drivers import Device, DriverError, Wanted, makers
from marketplace.site_agent.drivers.host import HostDriver
from marketplace.site_agent.enrolments import Enrolment, Pool
from marketplace.site_agent.inventory import Inventory
from tests.marketplace.site_agent import inside
from tests.marketplace.site_agent.doors import CODE, SERIALS

FIRST = Device("NVIDIA", "A100", ("GPU-1a", "1612123001231"), ("/dev/null",))
SECOND = Device("NVIDIA", "A100", ("GPU-2b", "1612123001232"), ("/dev/zero",))


def enrolment(key_id: str, *serials: str, declared: bool = False, faulty: tuple[str, ...] = ()) -> Enrolment:
    pool = Pool("a100", list(serials), faulty=list(faulty))
    return Enrolment(key_id, "", "shanxi", "sample", "", {"cards": pool}, may_declare=declared)


def reported(*enrolments: Enrolment, devices: tuple[Device, ...] = (FIRST, SECOND)) -> list[dict]:
    inventory = Inventory({one.key_id: one for one in enrolments}, lambda: devices)
    inventory.count()
    rows = [inventory.capacity(one) for one in enrolments]
    return [{name: row[name] for name in ("cards", "counting", "missing")} for (row,) in rows]


def test_a_serial_or_a_uuid_in_any_capitals_names_a_device():
    assert reported(enrolment("a", "1612123001231", "gpu-2B ", "elsewhere")) == [
        {"cards": 2, "counting": "counted", "missing": ["elsewhere"]}
    ]


def test_a_host_without_devices_confirms_none():
    serials = [f"n1-c{number}" for number in range(2008)]
    (row,) = reported(enrolment("a", *serials), devices=())
    assert (row["cards"], row["counting"], len(row["missing"])) == (0, "counted", 2008)


def test_one_device_is_one_card_however_often_it_is_registered():
    once, again = enrolment("a", "1612123001231", "GPU-1A"), enrolment("b", "GPU-1a", "1612123001232")
    assert reported(once, again) == [
        {"cards": 1, "counting": "counted", "missing": ["GPU-1A"]},
        {"cards": 1, "counting": "counted", "missing": ["GPU-1a"]},
    ]


def test_cards_out_of_order_are_neither_confirmed_nor_missing():
    ours = enrolment("a", "1612123001231", "1612123001232", "broken", faulty=("1612123001232", "broken"))
    assert reported(ours) == [{"cards": 1, "counting": "counted", "missing": []}]


def test_declared_cards_are_reported_as_declared_unless_all_of_them_are_counted():
    nothing = enrolment("c", declared=True)
    there, not_there = enrolment("a", "GPU-1a", declared=True), enrolment("b", "GPU-2b", "n1-c2", declared=True)
    assert reported(there, not_there, nothing) == [
        {"cards": 1, "counting": "counted", "missing": []},
        {"cards": 2, "counting": "declared", "missing": []},
        {"cards": 0, "counting": "declared", "missing": []},
    ]


def test_gpus_of_one_board_share_its_serial_and_are_told_apart_by_uuid():
    board = tuple(Device("NVIDIA", "A16", (f"GPU-{number}", "1612123009999"), ("/dev/null",)) for number in range(4))
    by_serial, by_uuid = enrolment("a", "1612123009999"), enrolment("a", *(f"GPU-{number}" for number in range(4)))
    assert reported(by_serial, devices=board) == [{"cards": 1, "counting": "counted", "missing": []}]
    assert reported(by_uuid, devices=board) == [{"cards": 4, "counting": "counted", "missing": []}]


# Whether cards may be declared is said when the agent is enrolled ---------------------------------------------------


@pytest.mark.parametrize(
    ("sample_world", "words", "declared"), [(True, [], True), (False, [], False), (False, ["--declared"], True)]
)
def test_cards_are_declared_where_the_portal_or_the_provider_says_so(tmp_path, doors, sample_world, words, declared):
    doors.may_declare = sample_world
    state = tmp_path / "state"
    assert cli.main(["enrol", "--portal", doors.url, "--code", CODE, "--state", str(state), *words]) == 0
    (kept,) = (state / "enrolments").iterdir()
    assert json.loads(kept.read_text())["may_declare"] is declared


def test_the_command_line_names_the_cards_of_this_machine(capsys, monkeypatch):
    monkeypatch.setattr(makers, "COUNTERS", (lambda: [FIRST],))
    assert cli.main(["devices"]) == 0
    assert capsys.readouterr().out == (
        "NVIDIA A100: GPU-1a or 1612123001231\n"
        "1 cards. A registered card is found by a serial number that is one of its names.\n"
    )


# A real agent, and real workspaces ----------------------------------------------------------------------------------


@pytest.mark.processes
def test_an_agent_whose_machine_has_no_card_confirms_none_and_sets_nothing_up(site, doors):
    doors.may_declare = False
    (kept,) = (site.state / "enrolments").iterdir()
    kept.unlink()
    assert site.enrol().returncode == 0
    site.start()
    answer = doors.final(doors.order("apply", str(uuid.uuid4()), serials=SERIALS[:1]))
    assert (answer["status"], answer["code"], answer["retryable"]) == ("failed", "hardware", False)
    assert answer["sentence"] == "No card n1-c1 is found in this machine."
    (row,) = doors.polls[-1]["capacity"]
    assert (row["cards"], row["counting"], row["missing"]) == (0, "counted", SERIALS)


def wanted(token: str, **counted: Device) -> Wanted:
    files = {serial: list(device.files) for serial, device in counted.items()}
    return Wanted(token, 1, "cards", "a100", sorted(counted), devices=files, counted=counted)


@pytest.fixture
def there(monkeypatch) -> list[Device]:
    """What the machine has just now."""
    devices = [FIRST, SECOND]
    monkeypatch.setattr(makers, "COUNTERS", (lambda: devices,))
    return devices


@pytest.fixture
def host(tmp_path, there):
    driver = HostDriver(tmp_path / "state", loopback_only=True)
    driver.preflight()
    yield driver
    for row in driver.list():
        driver.revoke(row["token"])


@pytest.mark.processes
def test_counted_cards_are_measured_and_counted_again_when_the_portal_asks(host, there):
    running = host.apply(wanted("ours", first=FIRST), lambda *_words: None, Event())
    endpoint = {"url": running.endpoint.url, "secret": running.endpoint.secret}
    manifest = json.loads(inside.get(endpoint, "/api/contents/suanli/cards.json").json()["content"])
    assert manifest["measured"] is True
    assert manifest["counted"] == {"first": {"maker": "NVIDIA", "model": "A100", "name": "GPU-1a"}}
    assert host.verify("ours").serials == ["first"]

    there.remove(FIRST)

    with pytest.raises(DriverError, match="Card first is not found any more") as gone:
        host.verify("ours")
    assert gone.value.code == "hardware"


@pytest.mark.processes
def test_a_device_that_serves_a_lease_is_not_given_under_another_serial(host):
    host.apply(wanted("ours", first=FIRST), lambda *_words: None, Event())
    with pytest.raises(DriverError, match="serves another lease") as refused:
        host.apply(wanted("theirs", alias=FIRST), lambda *_words: None, Event())
    assert refused.value.code == "capacity_gone"
    assert [row["token"] for row in host.list()] == ["ours"]
