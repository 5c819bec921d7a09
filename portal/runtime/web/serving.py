"""The portal between granian and Django: the body first, then a thread.

Through WSGI a request holds a thread while its body is on the way, without a limit of time: as many visitors who send
nothing as there are threads, and no page answers. granian speaks RSGI here instead: the event loop collects bodies
(`bodies`), a thread gets a request that is complete, and an answer leaves without a thread too.
"""

import asyncio
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from typing import IO, Any

from portal.runtime.web.bodies import Bodies, Gone, Refused, Scope
from portal.web.errors import PROGRAMS
from portal.web.middleware import REFUSED
from portal.web.unavailable import Tally

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

THREADS = 128
"""Of each process. A waiting agent poll holds one, and no database connection; pages go beside a hundred of them."""
SECONDS_FOR_A_THREAD = 5
OPEN_FILES = 2**16
ENVIRON: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    file: str = ""
    """Path of a file that is the body: granian sends it as fast as the client reads."""

    def send(self, protocol: Any) -> None:
        if self.file:
            protocol.response_file(self.status, self.headers, self.file)
        else:
            protocol.response_bytes(self.status, self.headers, self.body)


class Serving:
    """A WSGI application as an RSGI application."""

    def __init__(self, application: Wsgi, *, threads: int = THREADS) -> None:
        self._application = application
        self._bodies = Bodies()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._spare = ThreadPoolExecutor(1, thread_name_prefix="refusal")
        self._refusals: dict[tuple[int, bool], Answer] = {}
        self._tally = Tally("requests_refused", seconds=60)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Each client that waits is an open file."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, OPEN_FILES)), hard))

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        try:
            body, length = await self._bodies.collect(scope.headers, protocol)
            answer = await self._in_thread(environ_of(scope, body, length))
        except Gone:
            answer = Answer(400, [])
        except Refused as refused:
            self._tally.note(f"{refused.status} {scope.path}")
            answer = await self._refusal(refused.status, program=scope.path.startswith(PROGRAMS))
        answer.send(protocol)

    async def _in_thread(self, environ: Environ) -> Answer:
        work = self._threads.submit(answer_of, self._application, environ)
        waiting = asyncio.wrap_future(work)
        done, _waiting = await asyncio.wait([waiting], timeout=SECONDS_FOR_A_THREAD)
        if not done and work.cancel():
            raise Refused(503)
        return await waiting

    async def _refusal(self, status: int, *, program: bool) -> Answer:
        """Drawn once; refusing must cost little."""
        key = (status, program)
        if key not in self._refusals:
            environ = {**ENVIRON, **ANYBODY, "PATH_INFO": PROGRAMS[0] if program else "/", REFUSED: status}
            drawn = self._spare.submit(answer_of, self._application, {**environ, "wsgi.input": BytesIO()})
            self._refusals[key] = await asyncio.wrap_future(drawn)
        return self._refusals[key]


ANYBODY: Environ = {
    "REQUEST_METHOD": "GET",
    "QUERY_STRING": "",
    "SERVER_NAME": "portal",
    "SERVER_PORT": "443",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.url_scheme": "https",
    "HTTP_X_FORWARDED_PROTO": "https",
}


def environ_of(scope: Scope, body: IO[bytes], length: int) -> Environ:
    """As PEP 3333 wants it. A header with an underscore could pass for one of the proxy's, and is left out."""
    host, _colon, port = scope.server.rpartition(":")
    environ = {
        **ENVIRON,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.file_wrapper": FileBody,
    }
    for name, value in scope.headers.items():
        if "_" not in name:
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = environ[key] + ("; " if name == "cookie" else ",") + value if key in environ else value
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ["CONTENT_LENGTH"] = str(length) if environ.pop("HTTP_CONTENT_LENGTH", "") else ""
    return environ


class FileBody:
    """What a view answers with a file in (`wsgi.file_wrapper`)."""

    def __init__(self, file: Any, size: int = 2**16) -> None:
        self._file = file

    def path(self) -> str:
        """Of a whole file that lies on the disk and stays there; empty for others."""
        inner = self._file
        while not isinstance(inner, BufferedReader) and hasattr(inner, "file"):
            inner = inner.file
        whole = isinstance(inner, BufferedReader) and isinstance(inner.name, str) and inner.tell() == 0
        return str(inner.name) if whole else ""

    def __iter__(self) -> Iterator[bytes]:
        yield self._file.read()

    def close(self) -> None:
        self._file.close()


def answer_of(application: Wsgi, environ: Environ) -> Answer:
    """The whole answer. A client that reads slowly finds it in memory, or on the disk, and holds no thread."""
    said: list[tuple[int, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        said.append((int(status[:3]), headers))

    result = application(environ, start)
    try:
        status, headers = said[-1]
        if isinstance(result, FileBody) and (path := result.path()):
            return Answer(status, headers, file=path)
        return Answer(status, headers, b"".join(result))
    finally:
        if hasattr(result, "close"):
            result.close()
        environ["wsgi.input"].close()
