"""A request reaches a thread when its body is there; who sends nothing, or reads nothing, holds no thread."""

import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO

import pytest

from portal.runtime import processes
from portal.runtime.web.bodies import LARGEST_BYTES
from portal.runtime.web.serving import ANYBODY, ENVIRON, answer_of
from portal.web.errors import WORDS
from portal.web.middleware import REFUSED
from tests.database import PROJECT
from tests.live import free_port
from tests.portal.runtime import served

pytestmark = pytest.mark.processes
THREADS = 4
NOTHING_ARRIVES = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nabc"


@contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=PROJECT, env=dict(os.environ))
    try:
        for _try in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    served.FILE.write_bytes(os.urandom(served.FILE_BYTES))
    part = processes.web(number := free_port(), workers=1, application="tests.portal.runtime.served:application")
    with running(part.command, number) as port:
        yield port
    served.FILE.unlink()


def ask(port: int, path: str = "/", body: bytes | None = None, method: str = "", **headers: str):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method or ("GET" if body is None else "POST"), path, body, headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def told(port: int, *arguments, **headers):
    return json.loads(ask(port, *arguments, **headers)[1])


@contextmanager
def connected(port: int, said: bytes, number: int = 1) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _client in range(number)]
        for client in clients:
            client.sendall(said)
        yield clients


def status_of(client: socket.socket) -> int:
    return int(client.recv(4096).split()[1])


def seconds_of_a_page(port: int) -> float:
    began = time.monotonic()
    assert ask(port)[0].status == 200
    return time.monotonic() - began


class TestWhatArrives:
    @pytest.mark.parametrize("size", [0, 3, 2**20 + 1, 5 * 2**20])
    def test_a_body_arrives_as_it_was_sent(self, port, size):
        body = os.urandom(size)
        found = told(port, "/", body)
        assert (found["bytes"], found["sha256"]) == (size, hashlib.sha256(body).hexdigest())
        assert found["CONTENT_LENGTH"] == str(size)

    def test_the_environment_is_that_of_the_request(self, port):
        found = told(port, "/%E7%AE%97%20x?a=%20b", None, "PUT", **{"Content-Type": "text/x", "X-A": "1", "x_a": "2"})
        assert found["PATH_INFO"].encode("latin-1").decode() == "/算 x"
        assert (found["QUERY_STRING"], found["REQUEST_METHOD"]) == ("a=%20b", "PUT")
        assert (found["REMOTE_ADDR"], found["HTTP_HOST"]) == ("127.0.0.1", f"127.0.0.1:{port}")
        assert (found["CONTENT_TYPE"], found["HTTP_X_A"]) == ("text/x", "1")

    def test_a_header_said_twice_is_joined(self, port):
        said = (
            b"GET / HTTP/1.1\r\nHost: h\r\nCookie: a=1\r\nCookie: b=2\r\nX-F: 1\r\nX-F: 2\r\nConnection: close\r\n\r\n"
        )
        with connected(port, said) as (client,):
            found = json.loads(b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")[2])
        assert (found["HTTP_COOKIE"], found["HTTP_X_F"]) == ("a=1; b=2", "1,2")

    def test_an_answer_keeps_each_cookie(self, port):
        assert ask(port)[0].headers.get_all("set-cookie") == ["a=1", "b=2"]

    def test_files_are_answered_whether_they_stay_or_pass(self, port):
        assert ask(port, "/file/")[1] == served.FILE.read_bytes()
        assert ask(port, "/passing/")[1] == b"passing"

    def test_a_body_that_breaks_off_reaches_no_view(self, port):
        with connected(port, b"POST /broken/ HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"):
            pass
        time.sleep(0.2)
        assert "/broken/" not in told(port)["called"]


class TestBodiesThatDoNotCome:
    def test_pages_answer_meanwhile_and_the_clients_are_sent_away(self, port):
        with connected(port, NOTHING_ARRIVES, 10 * THREADS) as clients:
            assert max(seconds_of_a_page(port) for _page in range(10)) < 1
            assert {status_of(client) for client in clients} == {408}

    def test_granians_own_wsgi_answers_no_page(self):
        """Negative control."""
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--log-level", "error"]
        command += ["--port", str(number := free_port()), "--blocking-threads", str(THREADS)]
        with (
            running([*command, "tests.portal.runtime.served:wsgi"], number) as port,
            connected(port, NOTHING_ARRIVES, 10 * THREADS),
            socket.create_connection(("127.0.0.1", port), 3) as page,
        ):
            time.sleep(0.5)
            page.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            with pytest.raises(TimeoutError):
                page.recv(1)

    def test_one_byte_now_and_then_is_too_slow(self, port):
        with connected(port, NOTHING_ARRIVES) as (client,):
            began = time.monotonic()
            client.settimeout(0.1)
            while time.monotonic() - began < 5:
                try:
                    assert status_of(client) == 408
                    break
                except TimeoutError:
                    client.sendall(b"x")
            assert 0.9 < time.monotonic() - began < 2

    def test_a_large_body_at_a_fair_speed_gets_its_time(self, port):
        with connected(port, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 262144\r\n\r\n") as (client,):
            for _piece in range(8):
                client.sendall(bytes(32768))
                time.sleep(0.25)
            assert status_of(client) == 200

    def test_among_too_many_the_one_that_waits_longest_gives_way(self, port):
        with connected(port, NOTHING_ARRIVES) as (first,), connected(port, NOTHING_ARRIVES, 256):
            began = time.monotonic()
            assert status_of(first) == 408
            assert time.monotonic() - began < 0.9
            assert told(port, "/", b"at once")["bytes"] == 7

    @pytest.mark.parametrize(
        ("said", "status"),
        [(f"Content-Length: {LARGEST_BYTES + 1}", 413), ("Transfer-Encoding: chunked", 411)],
    )
    def test_too_long_or_of_no_known_length_is_refused_at_once(self, port, said, status):
        with connected(port, f"POST /api/x HTTP/1.1\r\nHost: h\r\n{said}\r\n\r\n".encode()) as (client,):
            head, _blank, body = client.recv(4096).partition(b"\r\n\r\n")
        assert int(head.split()[1]) == status
        assert json.loads(body) == {"refused": status, "path": "/api/"}


class TestThreads:
    def test_who_finds_none_in_time_is_told_to_come_back(self, port):
        with connected(port, b"GET /slow/ HTTP/1.1\r\nHost: h\r\n\r\n", 2 * THREADS) as clients:
            began = time.monotonic()
            assert ask(port)[0].status == 503
            assert time.monotonic() - began < 1
            assert sorted(map(status_of, clients)) == [200] * THREADS + [503] * THREADS
        assert ask(port)[0].status == 200

    def test_who_reads_slowly_holds_none(self, port):
        with connected(port, b"GET /file/ HTTP/1.1\r\nHost: h\r\n\r\n", 10 * THREADS):
            assert max(seconds_of_a_page(port) for _page in range(10)) < 1

    def test_who_leaves_before_the_answer_does_no_harm(self, port):
        with connected(port, b"GET /slow/ HTTP/1.1\r\nHost: h\r\n\r\n", THREADS):
            time.sleep(0.1)
        time.sleep(2)
        assert ask(port)[0].status == 200


class TestRefusals:
    """As the portal draws them: without a database."""

    @pytest.mark.parametrize("status", [408, 411, 413, 503])
    def test_a_visitor_gets_a_page_with_the_rules_of_all_pages(self, status):
        answer = refusal(status, "/")
        headers = dict(answer.headers)
        assert (answer.status, "Content-Security-Policy" in headers) == (status, True)
        assert str(WORDS[status][0]) in answer.body.decode()
        assert ("Retry-After" in headers) == (status == 503)

    @pytest.mark.parametrize("path", ["/api/", "/agent/"])
    def test_a_program_gets_problem_details(self, path):
        answer = refusal(408, path)
        assert dict(answer.headers)["Content-Type"] == "application/problem+json"
        assert json.loads(answer.body)["status"] == 408


def refusal(status: int, path: str):
    from portal.wsgi import application

    return answer_of(application, {**ENVIRON, **ANYBODY, "PATH_INFO": path, REFUSED: status, "wsgi.input": BytesIO()})
