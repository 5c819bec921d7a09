"""Collects what clients send, before a thread or a database connection waits for it.

A body has a size, a speed and a place among those that are awaited. Where too many are awaited, the one that waits
longest gives way: somebody who sends at once is never the one.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from io import BytesIO
from typing import IO, Protocol

LARGEST_BYTES = 50 * 2**20
"""As `client_max_body_size` of the README's proxy. Each form and each view has a smaller limit of its own."""
IN_MEMORY_BYTES = 2**20
SECONDS_TO_SEND = 15
SLOWEST_BYTES_PER_SECOND = 2**14
AWAITED_AT_ONCE = 256
AWAITED_BYTES = 2**30


class Scope(Protocol):
    """What granian says of a request (RSGI)."""

    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    server: str
    http_version: str

    @property
    def headers(self) -> "Headers": ...


class Headers(Protocol):
    def get(self, key: str) -> str | None: ...

    def items(self) -> list[tuple[str, str]]: ...


class Refused(Exception):
    """The body is not taken; `status` is the answer's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Gone(Exception):
    """The client went away before its body was complete."""


class Bodies:
    """The bodies that one process awaits."""

    def __init__(self, *, most: int = AWAITED_AT_ONCE, most_bytes: int = AWAITED_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._awaited: dict[asyncio.Timeout, int] = {}
        """Each with its bytes, in the order of arrival."""

    async def collect(self, headers: Headers, chunks: AsyncIterator[bytes]) -> tuple[IO[bytes], int]:
        """The whole body and its length. Raises `Refused` or `Gone`."""
        length = _announced(headers)
        body = BytesIO() if length <= IN_MEMORY_BYTES else _on_disk()
        if length:
            try:
                async with asyncio.timeout(SECONDS_TO_SEND) as limit:
                    await self._fill(body, length, chunks, limit)
            except TimeoutError:
                raise Refused(408) from None
            body.seek(0)
        return body, length

    async def _fill(self, body: IO[bytes], length: int, chunks: AsyncIterator[bytes], limit: asyncio.Timeout) -> None:
        began = asyncio.get_running_loop().time()
        self._await(limit, length)
        try:
            received = 0
            async for chunk in chunks:
                received += body.write(chunk)
                if limit in self._awaited:
                    limit.reschedule(began + SECONDS_TO_SEND + received / SLOWEST_BYTES_PER_SECOND)
            if received != length:
                raise Gone
        finally:
            self._awaited.pop(limit, None)

    def _await(self, limit: asyncio.Timeout, length: int) -> None:
        self._awaited[limit] = length
        while len(self._awaited) > self._most or sum(self._awaited.values()) > self._most_bytes:
            longest = next(iter(self._awaited))
            del self._awaited[longest]
            longest.reschedule(0)


def _on_disk() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _announced(headers: Headers) -> int:
    """A body without a length says nowhere whether it is complete."""
    if headers.get("transfer-encoding") is not None:
        raise Refused(411)
    length = int(headers.get("content-length") or 0)
    if length > LARGEST_BYTES:
        raise Refused(413)
    return length
