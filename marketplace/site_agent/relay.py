"""TCP at a workspace's own loopback address → the Unix socket inside its run folder.

A workspace has no network at all; this is its only door. Bytes are passed on as they come, so web sockets work and an
answer of any size takes one buffer: nothing more is read from one side before the other has taken what was read. The
address is the workspace's own (cookies ignore ports), and outside 127.0.0.1, where the portal's session lives.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from marketplace.site_agent.sockets import door_in

PORT = 8888
BUFFER = 32 * 1024
"""Bytes in the agent's memory for each direction of a connection."""
MOST_CONNECTIONS = 64
"""Of one workspace at the same time; a browser tab of JupyterLab has up to ten. Further ones wait to be accepted."""
WAITING = 128
REQUEST_WITHIN_SECONDS = 5.0
LISTEN_AGAIN_SECONDS = 0.5
ASIDE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
STARTING = b"The workspace is starting. Try again in a moment.\n"


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

    def _wait(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result()

    async def _open(self, address: str, run: Path) -> None:
        if address in self._doors:
            return
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setblocking(False)
            listener.bind((address, PORT))
            listener.listen(WAITING)
        except OSError as error:
            listener.close()
            raise AddressTaken(f"{address}:{PORT} cannot be listened at: {error.strerror}") from None
        self._doors[address] = _Door(listener, run)

    async def _close(self, address: str) -> None:
        door = self._doors.pop(address, None)
        if door is not None:
            await door.close()


class _Door:
    def __init__(self, listener: socket.socket, run: Path) -> None:
        self._listener, self._run = listener, run
        self._passing: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_CONNECTIONS)
        self._serving = asyncio.create_task(self._serve())

    async def close(self) -> None:
        tasks = [self._serving, *self._passing]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)  # a socket is closed only when nothing waits for it any more
        self._listener.close()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._room.acquire()
            try:
                outer, _address = await loop.sock_accept(self._listener)
            except OSError:  # the caller has gone, or no descriptor is free
                self._room.release()
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)
                continue
            task = asyncio.create_task(self._pass_on(outer))
            self._passing.add(task)
            task.add_done_callback(self._passed)

    def _passed(self, task: asyncio.Task[None]) -> None:
        self._passing.discard(task)
        self._room.release()

    async def _pass_on(self, outer: socket.socket) -> None:
        with outer, contextlib.suppress(OSError):  # either side hung up: nothing to say to a closed connection
            inner = await self._reached()
            if inner is None:
                await _put_off(outer)
                return
            with inner:
                await _both_ways(outer, inner)

    async def _reached(self) -> socket.socket | None:
        """A connection to the workspace; None while it is not there."""
        inner = socket.socket(socket.AF_UNIX)
        inner.setblocking(False)
        try:
            with door_in(self._run) as path:
                await asyncio.get_running_loop().sock_connect(inner, path)
            inner.getpeername()  # a full queue looks like a connection until it is asked for its other end
        except OSError:
            inner.close()
            return None
        return inner


async def _both_ways(outer: socket.socket, inner: socket.socket) -> None:
    """Until both directions have ended, or one of them broke: the other is given up then."""
    ways = [asyncio.create_task(_pump(outer, inner)), asyncio.create_task(_pump(inner, outer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _pump(source: socket.socket, sink: socket.socket) -> None:
    loop, buffer = asyncio.get_running_loop(), memoryview(bytearray(BUFFER))
    while count := await loop.sock_recv_into(source, buffer):
        await loop.sock_sendall(sink, buffer[:count])
    sink.shutdown(socket.SHUT_WR)


async def _put_off(outer: socket.socket) -> None:
    """The request is read first: closing with unread bytes would reset the connection before the answer is seen."""
    loop, head = asyncio.get_running_loop(), b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REQUEST_WITHIN_SECONDS):
            while b"\r\n\r\n" not in head and len(head) < BUFFER and (part := await loop.sock_recv(outer, BUFFER)):
                head += part
    await loop.sock_sendall(outer, ASIDE + STARTING)
