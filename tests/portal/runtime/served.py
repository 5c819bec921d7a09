"""A small WSGI application for the tests of serving: it tells what it was asked. Four threads, short patience."""

import hashlib
import json
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from portal.runtime.web import bodies, serving
from portal.web.middleware import REFUSED

FILE_BYTES = 20 * 2**20
FILE = Path(tempfile.gettempdir()) / "suanli-test-served-file"
called: list[str] = []


def django(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Stands for Django."""
    if status := environ.get(REFUSED):
        return told(start, {"refused": status, "path": environ["PATH_INFO"]}, status)
    path = environ["PATH_INFO"]
    called.append(path)
    if path == "/slow/":
        time.sleep(2)
    if path == "/file/":
        start("200 OK", [("Content-Length", str(FILE_BYTES))])
        return environ["wsgi.file_wrapper"](FILE.open("rb"))
    if path == "/passing/":
        passing = tempfile.NamedTemporaryFile()  # noqa: SIM115  the answer closes it
        passing.write(b"passing")
        passing.seek(0)
        start("200 OK", [])
        return environ["wsgi.file_wrapper"](passing)
    body = environ["wsgi.input"].read()
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    return told(start, {**said, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(), "called": called})


def told(start: Any, facts: dict[str, Any], status: int = 200) -> list[bytes]:
    start(f"{status} Told", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [json.dumps(facts).encode()]


bodies.SECONDS_TO_SEND = 1
serving.SECONDS_FOR_A_THREAD = 0.5
application = serving.Serving(django, threads=4)
wsgi = django
