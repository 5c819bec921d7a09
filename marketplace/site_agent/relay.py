"""TCP at a workspace's own loopback address → the Unix socket inside its run folder.

A workspace has no network at all; this is its only door. Bytes are passed on as they are, so web sockets work. The
address is the workspace's own (cookies ignore ports), and outside 127.0.0.1, where the portal's session lives.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from marketplace.site_agent.sockets import door_in

PORT = 8888
CHUNK = 64 * 1024
REQUEST_WITHIN_SECONDS = 5.0
ASIDE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
SENTENCE = b"The workspace is starting. Try again in a moment.\n"


class AddressTaken(Exception):
    """Somebody else listens at this address."""


class Relay:
    """One thread that serves the doors of all workspaces of this agent."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._doors: dict[str, _Door] = {}
        threading.Thread(target=self._loop.run_forever, name="relay", daemon=True).start()

    def open(self, address: str, run: Path) -> None:
        """Listen at the address for the socket in the run folder; an open door stays. Raises `AddressTaken`."""
        self._wait(self._open(address, run))

    def close(self, address: str) -> None:
        """Stop listening and cut the connections that run."""
        self._wait(self._close(address))

    def close_all(self) -> None:
        for address in list(self._doors):
            self.close(address)

    def _wait(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result()

    async def _open(self, address: str, run: Path) -> None:
        if address in self._doors:
            return
        door = _Door(run)
        try:
            door.server = await asyncio.start_server(door.serve, address, PORT, reuse_address=True)
        except OSError as error:
            raise AddressTaken(f"{address}:{PORT} cannot be listened at: {error.strerror}") from None
        self._doors[address] = door

    async def _close(self, address: str) -> None:
        door = self._doors.pop(address, None)
        if door is not None:
            await door.close()


class _Door:
    def __init__(self, run: Path) -> None:
        self._run = run
        self._running: set[asyncio.Task[None]] = set()
        self.server: asyncio.Server | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # either side hung up, or the workspace is gone: nothing to say to a closed connection
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with door_in(self._run) as path:
                inner_reader, inner_writer = await asyncio.open_unix_connection(path)
        except OSError:
            await _put_off(reader, writer)
            return
        try:
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        finally:
            inner_writer.close()

    async def close(self) -> None:
        if self.server is not None:
            self.server.close()
        for task in list(self._running):
            task.cancel()


async def _put_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The request is read first: closing with unread bytes would reset the connection before the answer is seen."""
    with contextlib.suppress(asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_WITHIN_SECONDS)
    writer.write(ASIDE + SENTENCE)
    await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()
