"""The probe of a workspace: what a stranger's server may answer, and what its provider is told."""

import time
from ipaddress import ip_network

import pytest

from marketplace.activation.fulfilment import probe
from marketplace.activation.fulfilment.probe import Finding, probe_workspace
from portal.outbound import fetching
from tests.portal.outbound.servers import flooding, ok, saying, silent, stranger, trickling

SOUND = b'{"content": "{\\"card_model\\": \\"m\\", \\"serials\\": [\\"b\\", \\"a\\"], \\"measured\\": true}"}'
LISTED = (ip_network("127.0.0.0/8"),)
SAYS_NOTHING = Finding(False, "The workspace does not say which cards it has.")
NO_ANSWER = Finding(False, "The workspace did not answer as it should within 10 s.")
NOT_ALLOWED = Finding(
    False, "The workspace's address leads neither to the public internet nor to a network that the province lists."
)

pytestmark = pytest.mark.usefixtures("english")


def found(workspace, *, host: str = "127.0.0.1", networks=LISTED, **more) -> Finding:
    wanted = {"card_model": "m", "serials": ["a", "b"], **more}
    return probe_workspace(f"http://{host}:{workspace.port}/lab", "secret", networks=networks, **wanted)


def test_a_workspace_with_the_leased_cards_passes():
    with stranger(ok(SOUND)) as workspace:
        assert found(workspace) == Finding(True, measured=True)
        assert workspace.asked[0].startswith(b"GET /api/contents/suanli/cards.json?content=1 HTTP/1.1\r\n")
        assert b"\r\nAuthorization: token secret\r\n" in workspace.asked[0]


def test_another_card_model_and_another_number_of_cards_are_named():
    with stranger(ok(SOUND)) as workspace:
        assert found(workspace, card_model="n") == Finding(False, "The workspace has m instead of n.")
        told = "The workspace has 2 cards instead of the 1 leased ones."
        assert found(workspace, serials=["a"]) == Finding(False, told)


BODIES = [b"", b"[" * 100_000, b'{"content": "[]"}', b'{"content": 1}', b"\xff"]


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_manifest_does_not_pass(body, on_the_internet):
    with stranger(ok(body)) as workspace:
        assert found(workspace) == SAYS_NOTHING


@pytest.fixture
def on_the_internet(monkeypatch):
    """The servers of the test count as public ones."""
    monkeypatch.setattr(fetching, "is_public", lambda address: True)


def test_of_a_public_server_the_status_is_told(on_the_internet):
    with stranger(saying(b"HTTP/1.1 418 Teapot\r\n\r\n")) as workspace:
        assert found(workspace) == Finding(False, "The workspace answered 418.")


def test_of_other_servers_nobody_learns_what_answers_there():
    """Nothing at all, another protocol, a page, a page that is not found, one that moved: one sentence."""
    with stranger(ok(SOUND)) as gone:
        pass
    told = [found(gone)]
    answers = [b"220 mail\r\n", b"HTTP/1.1 404 No\r\n\r\n", b"HTTP/1.1 302 No\r\nLocation: /\r\n\r\n"]
    for answer in [*answers, *(b"HTTP/1.1 200 OK\r\n\r\n" + body for body in BODIES)]:
        with stranger(saying(answer)) as workspace:
            told.append(found(workspace))
    assert told == [NO_ANSWER] * len(told)


def test_an_address_that_the_province_does_not_list_is_not_asked():
    with stranger(ok(SOUND)) as workspace:
        hosts = ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "x@127.0.0.1", "127.1")
        assert [found(workspace, host=host, networks=()) for host in hosts] == [NOT_ALLOWED] * len(hosts)
        assert workspace.asked == []


def test_a_name_inside_the_province_that_does_not_exist_is_told_alike():
    with stranger(ok(SOUND)) as workspace:
        assert found(workspace, host="no-such-host.invalid") == NOT_ALLOWED


def test_a_secret_that_no_header_can_carry_is_no_fault_of_the_portal():
    with stranger(ok(SOUND)) as workspace:
        address = f"http://127.0.0.1:{workspace.port}/"
        for secret in ("a\r\nHost: evil.cn", "密"):
            assert probe_workspace(address, secret, card_model="m", serials=["a"], networks=LISTED) == NO_ANSWER
        assert [request for request in workspace.asked if request] == []


@pytest.mark.parametrize(
    "answering",
    [
        trickling(b"", b"H", 0.1),
        trickling(b"HTTP/1.1 200 OK\r\n\r\n", b" ", 0.1),
        flooding(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65_536),
        silent,
    ],
)
def test_one_deadline_lies_over_the_whole_probe(answering, monkeypatch):
    monkeypatch.setattr(probe, "DEADLINE_SECONDS", 0.5)
    with stranger(answering) as workspace:
        began = time.monotonic()
        assert found(workspace).passed is False
        assert time.monotonic() - began < 1.5


def test_a_header_byte_every_two_seconds_ends_the_probe_after_ten():
    assert probe.DEADLINE_SECONDS == 10
    with stranger(trickling(b"", b"H", 2)) as workspace:
        began = time.monotonic()
        assert found(workspace) == NO_ANSWER
        assert 9.5 < time.monotonic() - began < 11
