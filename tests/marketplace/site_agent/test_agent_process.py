"""A real agent process with real workspaces, against a portal that repeats, reorders and loses."""

import uuid

import pytest

from marketplace.activation.fulfilment.steps import KNOWN
from marketplace.site_agent.drivers.workspaces import Shelf
from tests.marketplace.site_agent import inside
from tests.marketplace.site_agent.doors import UNDERWAY

pytestmark = pytest.mark.processes


def token() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def running_site(shared_site):
    """The module's agent, with all its cards free again afterwards."""
    yield shared_site
    for row in Shelf(shared_site.state).all():
        shared_site.doors.final(shared_site.doors.order("revoke", row.token, attempt=99))


@pytest.fixture
def doors(running_site):
    return running_site.doors


def test_an_order_line_becomes_a_jupyterlab_and_then_nothing(running_site, doors):
    lease = token()
    ready = doors.ready(lease)
    assert ready["serials"] == ["n1-c1", "n1-c2"]
    assert inside.answers(ready["endpoint"])
    assert inside.run(ready["endpoint"], "print(6 * 7)") == "42"

    assert doors.final(doors.order("revoke", lease))["status"] == "revoked"

    assert not inside.answers(ready["endpoint"])
    assert running_site.processes(lease) == []
    assert list((running_site.state / "workspaces").iterdir()) == []


def test_the_workspace_says_which_cards_were_leased_and_that_nobody_measured_them(running_site, doors):
    ready = doors.ready(token())

    manifest = inside.get(ready["endpoint"], "/api/contents/suanli/cards.json").json()

    assert '"card_model": "ascend-910b"' in manifest["content"]
    assert '"serials": ["n1-c1", "n1-c2"]' in manifest["content"]
    assert '"measured": false' in manifest["content"]
    assert inside.run(ready["endpoint"], "open('/home/card/suanli/cards.json', 'w')") == "OSError"


def test_without_the_secret_the_workspace_stays_shut(running_site, doors):
    ready = doors.ready(token())
    wrong = {**ready["endpoint"], "secret": "guessed"}
    assert inside.get(wrong, "/api/contents").status_code == 403


def test_two_leases_have_two_addresses_and_two_secrets(running_site, doors):
    first = doors.ready(token(), serials=["n1-c1"])["endpoint"]
    second = doors.ready(token(), serials=["n1-c2"])["endpoint"]
    assert first["url"] != second["url"]
    assert first["secret"] != second["secret"]


def test_a_repeated_command_gets_the_same_answer_and_starts_nothing(running_site, doors):
    lease = token()
    command = doors.order("apply", lease)
    first = doors.final(command)
    before = running_site.processes(lease)

    doors.commands.put(command)
    second = doors.final(command, after=1)

    assert second == first
    assert running_site.processes(lease) == before


def test_an_older_attempt_is_refused_and_changes_nothing(running_site, doors):
    lease = token()
    ready = doors.ready(lease, attempt=3)

    late = doors.final(doors.order("revoke", lease, attempt=2))

    assert (late["status"], late["code"], late["retryable"]) == ("failed", "policy", False)
    assert "older" in late["sentence"]
    assert inside.answers(ready["endpoint"])


def test_a_newer_attempt_replaces_what_an_older_one_left(running_site, doors):
    lease = token()
    old = doors.ready(lease, attempt=1)["endpoint"]
    new = doors.ready(lease, attempt=2)["endpoint"]
    assert inside.answers(new)
    assert new["secret"] != old["secret"]
    assert running_site.workspace(lease).attempt == 2


def test_a_setup_that_arrives_after_its_revocation_is_refused(running_site, doors):
    lease = token()
    assert doors.final(doors.order("revoke", lease))["status"] == "revoked"
    late = doors.final(doors.order("apply", lease))
    assert (late["status"], late["code"]) == ("failed", "policy")
    assert running_site.processes(lease) == []


def test_a_revocation_during_the_setup_wins(running_site, doors):
    lease = token()
    apply, revoke = doors.order("apply", lease), doors.order("revoke", lease)
    assert doors.final(revoke)["status"] == "revoked"
    assert doors.final(apply)["status"] in ("failed", "ready")
    assert running_site.processes(lease) == []


def test_cards_of_another_lease_and_foreign_cards_are_not_given(running_site, doors):
    doors.ready(token(), serials=["n1-c1", "n1-c2"])
    taken = doors.final(doors.order("apply", token(), serials=["n1-c2", "n1-c3"]))
    foreign = doors.final(doors.order("apply", token(), serials=["elsewhere"]))
    assert (taken["status"], taken["code"]) == ("failed", "capacity_gone")
    assert (foreign["status"], foreign["code"], foreign["retryable"]) == ("failed", "capacity_gone", False)


def test_a_setup_that_failed_holds_no_card(running_site, doors):
    first = token()
    doors.ready(first, serials=["n1-c1"])
    assert doors.final(doors.order("apply", token(), serials=["n1-c1", "n1-c2"]))["status"] == "failed"
    assert doors.ready(token(), serials=["n1-c2"])["serials"] == ["n1-c2"]


def test_results_are_sent_until_the_portal_has_taken_them(running_site, doors):
    doors.lose_answers = 3
    command = doors.order("apply", token())
    assert doors.final(command)["status"] == "ready"
    assert doors.final(command, after=1)["status"] == "ready"


def test_the_agent_reports_health_cards_and_what_is_occupied(running_site, doors):
    lease = token()
    doors.ready(lease)
    known = len(doors.polls)
    doors.final(doors.order("verify", lease))
    last = doors.polls[known + 1] if len(doors.polls) > known + 1 else doors.polls[-1]
    assert last["health"]["ok"] is True
    assert "isolated" in last["health"]["sentence"]
    assert [(row["pool"], row["cards"], row["faulty"]) for row in last["capacity"]] == [("cards", 3, [])]
    assert last["capacity"][0]["occupied"] == [{"token": lease, "cards": 2}]


def test_a_suspended_workspace_is_silent_and_resumes_with_its_data(running_site, doors):
    lease = token()
    endpoint = doors.ready(lease)["endpoint"]
    inside.run(endpoint, "open('/home/card/kept', 'w').write('here')")

    assert doors.final(doors.order("suspend", lease))["status"] == "suspended"
    assert not inside.answers(endpoint)
    assert doors.final(doors.order("resume", lease))["status"] == "resumed"

    assert inside.run(endpoint, "print(open('/home/card/kept').read())") == "here"


def test_a_listing_names_what_exists(running_site, doors):
    lease = token()
    doors.ready(lease)
    listed = doors.final(doors.order("list", lease))
    assert [(row["token"], row["attempt"], row["state"]) for row in listed["objects"]] == [(lease, 1, "running")]


def test_every_step_the_agent_tells_is_known_to_the_pages_that_show_it(running_site, doors):
    doors.ready(token())
    told = {row["sentence"] for row in doors.results if row["status"] in UNDERWAY}
    assert told == set(KNOWN)


def test_the_portals_refusal_of_a_report_stands_in_the_agents_log(running_site, doors):
    sentence = "The agent reports 4 cards in cards, but only 3 are registered."
    doors.refused = [{"pool": "cards", "code": "too_many_cards", "sentence": sentence}]
    doors.final(doors.order("list", token()))
    doors.refused = []
    assert sentence in running_site.log()
