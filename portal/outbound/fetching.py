"""One request to a stranger's server: only to an allowed address, and with one deadline over all of it.

The name is resolved once. Every address it has is checked, and the connection goes to a checked address, so that a
second answer of the name server changes nothing. Redirects are not followed.
"""

import io
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from typing import Any, cast

import httpx

from portal.outbound.addresses import Address, Network, WebAddress, is_public, may_go_to


class NotAllowed(Exception):
    """The host leads nowhere, or to an address that the portal does not connect to. It does not say which."""


class NoAnswer(Exception):
    """The server did not answer in time, or not in HTTP. The text is for the log of the portal only."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    public: bool
    """The server is on the public internet: its answer tells a stranger nothing that it cannot ask for itself."""


class Deadline:
    """A moment after which nothing is waited for."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises `TimeoutError` when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def fetch(
    address: WebAddress,
    path: str,
    *,
    headers: Mapping[str, str],
    networks: Sequence[Network],
    seconds: float,
    most_bytes: int,
) -> Answer:
    """GET a path of the server. `most_bytes` bounds headers and body together.

    Raises `NotAllowed` before anything is sent, else `NoAnswer`.
    """
    deadline = Deadline(seconds)
    try:
        places = _resolved(address, deadline)
        if not all(may_go_to(place, networks) for place in places):
            raise NotAllowed
        with closing(_connected(address, places, deadline)) as connection:
            status, body = _asked(address, path, headers, _Line(connection, deadline, most_bytes))
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a header or chunk that http.client refuses
        raise NoAnswer(f"{type(error).__name__}: {error}") from error
    return Answer(status, body, all(is_public(place) for place in places))


def _resolved(address: WebAddress, deadline: Deadline) -> list[Address]:
    """Every address of the host. Raises `NotAllowed` if there is none, `TimeoutError` at the deadline."""
    if address.literal is not None:
        return [address.literal]
    found: list[Address] = []

    def resolve() -> None:
        try:
            rows = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except OSError:
            return
        found.extend(dict.fromkeys(ip_address(row[4][0]) for row in rows))

    thread = threading.Thread(target=resolve, name="resolver", daemon=True)  # the system's resolver knows no deadline
    thread.start()
    thread.join(deadline.left())
    if thread.is_alive():
        raise TimeoutError
    if not found:
        raise NotAllowed
    return found


def _connected(address: WebAddress, places: list[Address], deadline: Deadline) -> socket.socket:
    """A connection to the first place that accepts one, with TLS for `https`."""
    refused: OSError = ConnectionRefusedError()
    for place in places:
        try:
            connection = socket.create_connection((str(place), address.port), timeout=deadline.left())
        except OSError as error:
            refused = error
            continue
        if address.scheme == "https":
            connection.settimeout(deadline.left())  # the handshake as a whole ends with it
            return _tls().wrap_socket(connection, server_hostname=address.host)
        return connection
    raise refused


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _asked(address: WebAddress, path: str, headers: Mapping[str, str], line: "_Line") -> tuple[int, bytes]:
    request = HTTPConnection(address.host, address.port)
    request.sock = cast(Any, line)
    request.request("GET", path, headers={"Host": address.netloc, "Connection": "close", **headers})
    answer = request.getresponse()
    return answer.status, answer.read()


class _Line:
    """A socket as `http.client` uses it: each step ends at the deadline, and reading after a number of bytes."""

    def __init__(self, connection: socket.socket, deadline: Deadline, most_bytes: int) -> None:
        self._connection, self._deadline, self._bytes_left = connection, deadline, most_bytes

    def sendall(self, data: bytes) -> None:
        self._connection.settimeout(self._deadline.left())
        self._connection.sendall(data)

    def receive(self, buffer: Any) -> int:
        self._connection.settimeout(self._deadline.left())
        count = self._connection.recv_into(buffer)
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise OSError("the answer is too long")
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self))

    def close(self) -> None:
        """The socket is closed by the caller that opened it."""


class _Reading(io.RawIOBase):
    def __init__(self, line: _Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.receive(buffer)
