"""What the agent reads has a most, and what nests too deeply is no JSON."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from marketplace.site_agent import client, files
from marketplace.site_agent.client import Portal, Unreachable
from marketplace.site_agent.drivers import processes, start
from marketplace.site_agent.drivers.isolation import Folders
from marketplace.site_agent.enrolments import read_declared
from marketplace.site_agent.problems import Problem


@pytest.fixture
def portal():
    """A portal that answers with what the test puts into `answers`."""
    answers: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answers.pop())

        def log_message(self, *words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Portal(f"http://127.0.0.1:{server.server_address[1]}"), answers
    server.shutdown()
    server.server_close()


def test_an_answer_of_the_portal_has_a_most(portal, monkeypatch):
    monkeypatch.setattr(client, "MOST_BYTES", 100_000)
    asked, answers = portal
    answers.append(b'{"a": "%s"}' % (b"x" * 90_000))
    assert len(asked.enrol("code", "key", "name")["a"]) == 90_000
    answers.append(b'{"a": "%s"}' % (b"x" * 100_000))
    with pytest.raises(Unreachable, match="more than 100000 bytes"):
        asked.enrol("code", "key", "name")


def test_an_answer_that_nests_too_deeply_is_no_portals(portal):
    asked, answers = portal
    answers.append(b'{"a":' * 100_000)
    with pytest.raises(Unreachable, match="without a word"):
        asked.enrol("code", "key", "name")


def test_files_have_a_most(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    path = tmp_path / "pools.json"
    path.write_text("{}" + " " * 1000)
    with pytest.raises(Problem, match="more than 1000 bytes"):
        read_declared(path)
    path.write_text("[" * 900)
    with pytest.raises(Problem, match="is not JSON"):
        read_declared(path)


def test_of_a_workspaces_log_the_end_is_read(tmp_path):
    folders = Folders(tmp_path)
    assert start.last_words(folders) == ""
    with (tmp_path / "log").open("wb") as log:
        log.truncate(8 * 1024**3)  # takes no room on the disk
        log.seek(0, 2)
        log.write(b"\nfirst\nlast words \xff\n")
    assert start.last_words(folders) == "last words \ufffd"


def test_of_a_processs_environment_the_beginning_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "PROC", tmp_path)
    (tmp_path / "77").mkdir()
    with (tmp_path / "77" / "environ").open("wb") as file:
        file.write(b"SUANLI_WORKSPACE=a-lease\0")
        file.truncate(8 * 1024**3)
    (tmp_path / "77" / "stat").write_text("77 (name) S " + " ".join(["1"] * 40))
    assert list(processes.belonging_to("a-lease", "")) == [77]
    assert list(processes.belonging_to("another", "")) == []
