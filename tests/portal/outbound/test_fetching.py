"""One request to a stranger's server: where it goes, how long it lasts and how much of the answer is read."""

import socket
import ssl
import threading
import time
from ipaddress import ip_network
from types import SimpleNamespace

import pytest

from portal.outbound import addresses, fetching
from portal.outbound.fetching import Answer, NoAnswer, NotAllowed, fetch
from tests.portal.outbound.servers import certificate, flooding, ok, saying, silent, stranger, trickling

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
OK = b"HTTP/1.1 200 OK\r\n"
DEADLINE, A_LITTLE = 0.6, 0.6


def got(server, *, scheme: str = "http", host: str = "127.0.0.1", networks=LOOPBACK, seconds: float = DEADLINE):
    address = addresses.read(f"{scheme}://{host}:{server.port}/lab")
    return fetch(address, "/x?y=1", headers={"A": "b"}, networks=networks, seconds=seconds, most_bytes=100_000)


def test_the_answer_of_an_allowed_server_with_what_it_was_asked():
    with stranger(ok(b"there")) as server:
        assert got(server) == Answer(200, b"there", public=False)
        head = f"GET /x?y=1 HTTP/1.1\r\nAccept-Encoding: identity\r\nHost: 127.0.0.1:{server.port}\r\n"
        assert server.asked == [f"{head}Connection: close\r\nA: b\r\n\r\n".encode()]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: z\r\n\r\n", b"abcde"),
        (b"\r\nuntil the end", b"until the end"),
        (b"Content-Length: 0\r\n\r\n", b""),
    ],
)
def test_a_body_is_read_however_it_is_framed(answer, body):
    with stranger(saying(OK + answer)) as server:
        assert got(server).body == body


def test_a_server_on_ipv6_is_reached():
    with stranger(ok(b"six"), "::1") as server:
        assert got(server, host="[::1]").body == b"six"
        assert f"Host: [::1]:{server.port}\r\n".encode() in server.asked[0]


# -- the deadline ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answering",
    [
        trickling(b"", b"H", 0.1),
        trickling(OK, b"X-Slow: 1\r\n", 0.1),
        trickling(OK + b"Content-Length: 1000\r\n\r\n", b"x", 0.1),
        trickling(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.1),
        trickling(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"Trailer: x\r\n", 0.1),
        trickling(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
        silent,
    ],
    ids=["status", "headers", "body", "chunks", "trailers", "continues", "nothing"],
)
def test_no_part_of_an_answer_is_waited_for_beyond_the_deadline(answering):
    with stranger(answering) as server:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            got(server)
        assert DEADLINE - 0.05 <= time.monotonic() - began < DEADLINE + A_LITTLE


@pytest.mark.parametrize("answering", [silent, trickling(b"\x16\x03\x03\x40\x00", b"\x02", 0.1)])
def test_nor_is_a_tls_handshake(answering):
    with stranger(answering) as server:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            got(server, scheme="https")
        assert DEADLINE - 0.05 <= time.monotonic() - began < DEADLINE + A_LITTLE


def test_nor_is_a_connection():
    """The queue of connections that nobody accepts is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        nobody = SimpleNamespace(port=place[1])
        waiting = [socket.socket() for _one in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(place)
        time.sleep(0.1)
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            got(nobody)
        assert DEADLINE - 0.05 <= time.monotonic() - began < DEADLINE + A_LITTLE
        for one in waiting:
            one.close()


def test_nor_is_a_name_server(monkeypatch):
    asked, over = threading.Event(), threading.Event()

    def slow(*_words, **_options):
        asked.set()
        over.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with stranger(ok(b"")) as server:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            got(server, host="workspace.example.cn")
        assert asked.is_set()
        assert time.monotonic() - began < DEADLINE + A_LITTLE
        over.set()
        assert server.asked == []


# -- how much is read --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answering",
    [
        flooding(OK + b"Content-Length: 1000000000\r\n\r\n", b"x" * 65536),
        flooding(OK + b"\r\n", b"x" * 65536),
        flooding(OK, b"X-Many: 1\r\n" * 1000),
        flooding(OK + b"X-Long: ", b"x" * 65536),
        flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    ],
    ids=["length", "until the end", "headers", "one header", "continues"],
)
def test_an_answer_without_end_is_read_up_to_a_number_of_bytes(answering):
    with stranger(answering) as server:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            got(server, seconds=20)
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        OK + b"Content-Length: 10\r\n\r\nshort",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 9999 What\r\n\r\n",
    ],
)
def test_what_is_no_whole_answer_in_http_is_none(answer):
    with stranger(saying(answer)) as server, pytest.raises(NoAnswer):
        got(server)


def test_nobody_listens():
    with stranger(ok(b"")) as server:
        pass
    with pytest.raises(NoAnswer):
        got(server)


# -- where it goes -----------------------------------------------------------------------------------------------


def test_an_address_that_is_not_listed_is_not_connected_to():
    with stranger(ok(b"secret")) as server:
        for host in ("127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0"):
            with pytest.raises(NotAllowed):
                got(server, host=host, networks=())
        for host in ("[::ffff:127.0.0.1]", "0.0.0.0"):
            with pytest.raises(NotAllowed):
                got(server, host=host)
        assert server.asked == []


def test_a_name_that_leads_to_a_listed_network_is_followed():
    with stranger(ok(b"there")) as server:
        assert got(server, host="localhost").body == b"there"


def test_one_wrong_address_of_a_name_is_enough(monkeypatch):
    with stranger(ok(b"")) as server:
        places = ["127.0.0.1", "10.0.0.1"]
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, server.port)) for place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_options: rows)
        with pytest.raises(NotAllowed):
            got(server, host="workspace.example.cn")
        assert server.asked == []


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    """A name server that answers otherwise when asked again is not asked again."""
    real, answers = socket.getaddrinfo, iter(["127.0.0.1", "127.0.0.2"])

    def changing(host, *words, **options):
        return real(next(answers) if host == "workspace.example.cn" else host, *words, **options)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    networks = (ip_network("127.0.0.1/32"),)
    with stranger(ok(b"checked")) as server:
        assert got(server, host="workspace.example.cn", networks=networks).body == b"checked"


def test_a_name_that_leads_nowhere_is_told_like_one_that_may_not_be_followed():
    with stranger(ok(b"")) as server, pytest.raises(NotAllowed):
        got(server, host="no-such-host.invalid")


def test_the_next_address_is_tried_when_one_refuses(monkeypatch):
    with stranger(ok(b"second")) as server:
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 0)) for place in ("127.0.0.2", "127.0.0.1")]
        real = socket.getaddrinfo

        def two(host, *words, **options):
            return rows if host == "workspace.example.cn" else real(host, *words, **options)

        monkeypatch.setattr(socket, "getaddrinfo", two)
        assert got(server, host="workspace.example.cn").body == b"second"


def test_a_redirect_is_an_answer_and_is_not_followed():
    with stranger(ok(b"elsewhere")) as elsewhere:
        moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n" % elsewhere.port
        with stranger(saying(moved)) as server:
            assert got(server) == Answer(302, b"", public=False)
        assert elsewhere.asked == []


def test_tls_is_spoken_with_who_has_the_hosts_certificate(monkeypatch, tmp_path):
    path = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setattr(fetching, "_tls", lambda: ssl.create_default_context(cafile=path))
    with stranger(ok(b"private"), certificate=path) as server:
        assert got(server, scheme="https").body == b"private"
        with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
            got(server, scheme="https", host="localhost")


def test_a_certificate_that_nobody_vouches_for_is_no_answer(tmp_path):
    path = certificate(tmp_path, "127.0.0.1")
    with stranger(ok(b""), certificate=path) as server, pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
        got(server, scheme="https")
