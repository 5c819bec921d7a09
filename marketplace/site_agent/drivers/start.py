"""Start a workspace's program behind its walls and learn its pid."""

import json
import os
import select
import subprocess
import sys

from marketplace.site_agent.drivers import isolation, jupyter, processes
from marketplace.site_agent.drivers.isolation import Folders, Walls
from marketplace.site_agent.drivers.workspaces import Workspace, give_to
from marketplace.site_agent.files import write_json
from marketplace.site_agent.sockets import NAME

PID_WITHIN_SECONDS = 10.0
LAST_BYTES = 4096
"""So much is read of a workspace's log, and of what bubblewrap says."""
SETTINGS_FILE = "jupyter.json"


class NotStarted(Exception):
    """The walls could not be built; the text says why."""


def start(workspace: Workspace, folders: Folders, walls: Walls) -> subprocess.Popen[bytes]:
    """Fill in `pid`, `started` and `namespace` of the workspace. Raises `NotStarted` or `OSError`."""
    inside = _places(folders, walls)
    _lay_out(workspace, folders, walls, inside)
    words = jupyter.command(sys.executable, f"{inside['settings']}/{SETTINGS_FILE}")
    environment = {**jupyter.environment(sys.executable, inside["home"]), processes.MARK: workspace.token}
    devices = [device for serial in workspace.serials for device in workspace.devices.get(serial, [])]
    reading, writing = os.pipe()
    try:
        if walls is not Walls.NONE:
            words = [*isolation.workspace_words(walls, folders, workspace.uid, devices, writing), *words]
        child = _spawn(words, environment, folders, writing)
    finally:
        os.close(writing)
    with os.fdopen(reading) as word:
        workspace.pid = child.pid if walls is Walls.NONE else _inner_pid(word.fileno(), folders)
    workspace.started = processes.start_time(workspace.pid) or ""
    workspace.namespace = processes.pid_namespace(workspace.pid)
    return child


def _spawn(words: list[str], environment: dict[str, str], folders: Folders, info: int) -> subprocess.Popen[bytes]:
    with (folders.root / "log").open("wb") as log:
        return subprocess.Popen(
            words,
            env=environment,
            cwd=folders.home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[info],
            start_new_session=True,  # signals to the agent's group are not meant for workspaces
        )


def _inner_pid(info: int, folders: Folders) -> int:
    """bubblewrap names the first process inside; killing that one makes the kernel end all of them."""
    text = b""
    while select.select([info], [], [], PID_WITHIN_SECONDS)[0]:
        if not (part := os.read(info, 4096)):
            break
        text += part
        if len(text) > LAST_BYTES:
            break
        if text.rstrip().endswith(b"}"):
            return int(json.loads(text)["child-pid"])
    raise NotStarted(last_words(folders) or "bubblewrap gave no reason")


def last_words(folders: Folders) -> str:
    """The end of the workspace's log, for the provider; it may be empty."""
    try:
        with (folders.root / "log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - LAST_BYTES))
            lines = log.read(LAST_BYTES).decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:200] if lines else ""


def _places(folders: Folders, walls: Walls) -> dict[str, str]:
    """Where the workspace sees its folders."""
    if walls is Walls.NONE:
        return {"home": str(folders.home), "run": str(folders.run), "settings": str(folders.settings)}
    return {"home": isolation.HOME, "run": isolation.RUN, "settings": isolation.SETTINGS}


def _lay_out(workspace: Workspace, folders: Folders, walls: Walls, inside: dict[str, str]) -> None:
    own = walls is Walls.OWN_USER
    for folder in (folders.home, folders.run, folders.settings, folders.shown):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folders.run / NAME).unlink(missing_ok=True)
    shown = folders.home / "suanli" if walls is Walls.NONE else folders.shown
    shown.mkdir(exist_ok=True)
    write_json(shown / "cards.json", _manifest(workspace), mode=0o444)
    uid = workspace.uid if own else isolation.UID_IN_OWN_NAMESPACE
    for name, text in isolation.user_files(uid).items():
        (folders.settings / name).write_text(text)
        (folders.settings / name).chmod(0o644)
    settings = jupyter.settings(inside["home"], inside["run"], workspace.secret)
    write_json(folders.settings / SETTINGS_FILE, settings, mode=0o400)
    for folder in (folders.settings, folders.shown):
        folder.chmod(0o755)
    if own:
        give_to(workspace.uid, folders.home, folders.run, folders.settings / SETTINGS_FILE)


def _manifest(workspace: Workspace) -> dict[str, object]:
    """What was leased, and which of it a driver counted; the rest is declared, not measured."""
    return {
        "card_model": workspace.card_model,
        "serials": workspace.serials,
        "devices": {serial: workspace.devices.get(serial, []) for serial in workspace.serials},
        "counted": workspace.counted,
        "measured": workspace.measured,
    }
