"""The relay passes on what comes as it comes, and what a workspace answers stays out of the agent's memory."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marketplace.site_agent import relay
from marketplace.site_agent.drivers import jupyter
from marketplace.site_agent.relay import PORT, Relay
from marketplace.site_agent.sockets import NAME

ADDRESS = "127.77.255.254"
MIB = 1024 * 1024


@pytest.fixture
def run(tmp_path) -> Path:
    folder = tmp_path / "r"
    folder.mkdir()
    return folder


@pytest.fixture
def door(run) -> Iterator[Path]:
    """A relay that listens at `ADDRESS` for the socket in the run folder."""
    one = Relay()
    one.open(ADDRESS, run)
    yield run
    one.close(ADDRESS)


def workspace(run: Path, serve: Callable[[socket.socket], None]) -> None:
    """Listen in the run folder; each connection gets a thread of its own."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(run / NAME))
    listener.listen()

    def accept() -> None:
        while True:
            connection, _address = listener.accept()
            threading.Thread(target=_served, args=(serve, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def _served(serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        with connection:
            serve(connection)
    except OSError:
        pass  # the other side had enough


def buyer() -> socket.socket:
    return socket.create_connection((ADDRESS, PORT), 10)


def everything(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(MIB):
        parts.append(part)
    return b"".join(parts)


def test_both_directions_pass_at_once_and_one_may_end_before_the_other(door):
    up, down = bytes(range(256)) * 20_000, bytes(reversed(range(256))) * 30_000
    got = []

    def serve(connection: socket.socket) -> None:
        sending = threading.Thread(target=connection.sendall, args=(down,))
        sending.start()
        got.append(everything(connection))
        sending.join()

    workspace(door, serve)
    with buyer() as connection:
        threading.Thread(target=lambda: (connection.sendall(up), connection.shutdown(socket.SHUT_WR))).start()
        assert everything(connection) == down
    assert got == [up]


def test_no_more_is_taken_from_one_side_than_the_other_reads(door):
    taken = 0

    def serve(connection: socket.socket) -> None:
        nonlocal taken
        while True:
            taken += connection.send(b"x" * MIB)

    workspace(door, serve)
    with buyer() as connection:
        connection.recv(1)
        settle(lambda: taken)
        assert taken < 16 * MIB  # what the kernel's buffers hold; the workspace would have sent on for ever
        before = taken
        for _part in range(100):
            connection.recv(MIB)
        settle(lambda: taken)
        assert taken > before


def settle(number: Callable[[], int]) -> None:
    """Wait until the number has not changed for half a second."""
    last, since = number(), time.monotonic()
    while time.monotonic() - since < 0.5:
        if number() != last:
            last, since = number(), time.monotonic()
        time.sleep(0.02)


def test_without_a_workspace_the_buyer_is_told_to_try_again(door):
    with buyer() as connection:
        connection.sendall(b"GET /lab HTTP/1.1\r\nHost: x\r\n\r\n")
        assert everything(connection).startswith(b"HTTP/1.1 503 ")


def test_more_connections_than_a_workspace_may_have_wait_their_turn(run, monkeypatch):
    monkeypatch.setattr(relay, "MOST_CONNECTIONS", 3)
    workspace(run, lambda connection: connection.sendall(everything(connection)))
    door = Relay()
    door.open(ADDRESS, run)
    with buyer() as first, buyer(), buyer(), buyer() as fourth:
        fourth.sendall(b"said")
        fourth.shutdown(socket.SHUT_WR)
        fourth.settimeout(0.5)
        with pytest.raises(TimeoutError):
            fourth.recv(1)
        first.shutdown(socket.SHUT_WR)
        fourth.settimeout(10)
        assert everything(fourth) == b"said"
    door.close(ADDRESS)


def test_closing_the_door_cuts_what_runs_and_frees_the_address(run):
    workspace(run, lambda connection: connection.sendall(everything(connection)))
    first, second = Relay(), Relay()
    first.open(ADDRESS, run)
    with buyer() as connection:
        connection.sendall(b"x")
        with pytest.raises(relay.AddressTaken):
            second.open(ADDRESS, run)
        first.close(ADDRESS)
        assert everything(connection) == b""
    second.open(ADDRESS, run)
    second.close(ADDRESS)


# What the agent asks a workspace itself ---------------------------------------------------------------------------


def missing(run: Path) -> str:
    return jupyter.missing(run, "secret", card_model="ascend-910b", serials=["n1-c1"])


def test_one_byte_now_and_then_does_not_hold_the_agent(run, monkeypatch):
    monkeypatch.setattr(jupyter, "ANSWER_WITHIN_SECONDS", 1.0)

    def serve(connection: socket.socket) -> None:
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 90:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)

    workspace(run, serve)
    began = time.monotonic()
    assert missing(run) == "The workspace does not answer (TimeoutError)."
    assert time.monotonic() - began < 3


def test_headers_that_promise_to_go_on_for_ever_do_not_hold_the_agent(run, monkeypatch):
    monkeypatch.setattr(jupyter, "ANSWER_WITHIN_SECONDS", 1.0)

    def serve(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    workspace(run, serve)
    began = time.monotonic()
    assert missing(run).startswith("The workspace does not answer")
    assert time.monotonic() - began < 3


def test_no_more_of_an_answer_is_read_than_a_list_of_cards_needs(run):
    sent = 0

    def serve(connection: socket.socket) -> None:
        nonlocal sent
        connection.recv(MIB)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 629145600\r\n\r\n")
        while sent < 600 * MIB:
            sent += connection.send(b"[" * MIB)

    workspace(run, serve)
    assert missing(run) == "The workspace does not say which cards it has."
    assert sent < 16 * MIB
