"""JupyterLab as a workspace runs it: its settings, its command line, and whether it answers."""

import http.client
import json
import socket
import time
from pathlib import Path
from typing import Any

from marketplace.site_agent.sockets import NAME, door_in

KIND = "jupyterlab"
ANSWER_WITHIN_SECONDS = 10.0
"""From connecting to the last byte."""
MOST_BYTES = 256 * 1024
"""Of an answer; what comes after them is not read."""
MANIFEST = "suanli/cards.json"

START = "import sys; sys.modules['rfc3987_syntax'] = None; from jupyterlab.labapp import main; sys.exit(main())"
"""jupyter-lab, without one optional grammar of jsonschema (format "iri") that takes 1.5 of its 2.4 s to import."""


def settings(home: str, run: str, secret: str) -> dict[str, Any]:
    """`home` and `run` as the workspace sees them."""
    return {
        "Application": {"log_level": "WARN"},
        "ServerApp": {
            "sock": f"{run}/{NAME}",
            "sock_mode": "0600",
            "root_dir": home,
            "open_browser": False,
            "use_redirect_file": False,
            "allow_remote_access": True,  # its host names are the workspace's own address and the buyer's tunnel
            "allow_root": True,  # only where the machine cannot isolate and the agent itself is root
            "quit_button": False,
            "jpserver_extensions": {
                "jupyterlab": True,
                "jupyter_server_terminals": True,
                "jupyter_lsp": False,
                "notebook_shim": False,
            },
        },
        "IdentityProvider": {"token": secret},
        "LabApp": {
            "extension_manager": "readonly",
            "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "news_url": None,
        },
    }


def command(python: str, settings_file: str) -> list[str]:
    return [python, "-P", "-c", START, f"--config={settings_file}"]


def environment(python: str, home: str) -> dict[str, str]:
    """All that a workspace inherits."""
    return {
        "HOME": home,
        "USER": "card",
        "LOGNAME": "card",
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "TZ": "Asia/Shanghai",
        "PATH": f"{Path(python).parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def missing(run: Path, secret: str, *, card_model: str, serials: list[str]) -> str:
    """What does not work yet, as a sentence; empty when the Lab answers and names the leased cards."""
    try:
        status, body = _get(run, f"/api/contents/{MANIFEST}?content=1", secret)
        if status != 200:
            return f"The workspace answers {status} when asked for its cards."
        manifest = json.loads(json.loads(body)["content"])
        if manifest["card_model"] != card_model or sorted(manifest["serials"]) != sorted(serials):
            return "The workspace names other cards than the leased ones."
        status, _page = _get(run, "/lab", secret)
    except (OSError, http.client.HTTPException) as error:
        return f"The workspace does not answer ({type(error).__name__})."
    except (ValueError, KeyError, TypeError, RecursionError):
        return "The workspace does not say which cards it has."
    return "" if status == 200 else f"JupyterLab answers {status}."


def _get(run: Path, path: str, secret: str) -> tuple[int, bytes]:
    """Status and the beginning of the body. The other side is a stranger's: it gets little time and little room."""
    connection = http.client.HTTPConnection("localhost")
    try:
        with _Patient(socket.AF_UNIX) as connection.sock, door_in(run) as door:
            connection.sock.connect(door)
            connection.request("GET", path, headers={"Authorization": f"token {secret}", "Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read(MOST_BYTES)
    finally:
        connection.close()


class _Patient(socket.socket):
    """A connection with one deadline for everything: a time-out for each read never ends one byte a second."""

    def __init__(self, family: int) -> None:
        super().__init__(family)
        self.settimeout(ANSWER_WITHIN_SECONDS)
        self._deadline = time.monotonic() + ANSWER_WITHIN_SECONDS

    def recv_into(self, *words: Any) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(left)
        return super().recv_into(*words)
