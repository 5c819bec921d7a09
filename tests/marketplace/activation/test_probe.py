"""The probe of a workspace: what a stranger's server may answer, and how long the portal listens."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from marketplace.activation.fulfilment import probe
from marketplace.activation.fulfilment.probe import Finding, probe_workspace

SOUND = b'{"content": "{\\"card_model\\": \\"m\\", \\"serials\\": [\\"b\\", \\"a\\"], \\"measured\\": true}"}'
SAYS_NOTHING = "The workspace does not say which cards it has."

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def workspace() -> Iterator[ThreadingHTTPServer]:
    """It sends `parts`, with `pause` seconds after each."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                for part in server.parts:
                    self.wfile.write(part)
                    self.server.sent += len(part)
                    time.sleep(server.pause)
            except OSError:
                pass  # the probe has hung up

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.parts, server.pause, server.sent = [SOUND], 0.0, 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def found(workspace: ThreadingHTTPServer) -> Finding:
    address = f"http://127.0.0.1:{workspace.server_port}/lab"
    return probe_workspace(address, "secret", card_model="m", serials=["a", "b"])


def test_a_workspace_with_the_leased_cards_passes(workspace):
    assert found(workspace) == Finding(True, measured=True)


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b'{"content": "[]"}', b'{"content": 1}', b"\xff"])
def test_a_body_that_is_no_manifest_does_not_pass(workspace, body):
    workspace.parts = [body]
    assert found(workspace) == Finding(False, SAYS_NOTHING)


def test_a_body_without_end_is_not_read_to_its_end(workspace):
    workspace.parts = [b" " * 65_536] * 1_000
    assert found(workspace) == Finding(False, SAYS_NOTHING)
    assert workspace.sent < 16 * probe.MOST_BYTES


def test_a_body_that_trickles_is_not_waited_for(workspace, monkeypatch):
    monkeypatch.setattr(probe, "TIMEOUT_SECONDS", 0.5)
    workspace.parts, workspace.pause = [b" "] * 100, 0.1
    began = time.monotonic()
    assert found(workspace) == Finding(False, SAYS_NOTHING)
    assert time.monotonic() - began < 3
