"""Delete a workspace's files with no more rights than the workspace had, and within a time limit.

What its user wrote is deleted by that user, behind the workspace's walls, where nothing else of the machine can be
written. What remains is the agent's own: a few folders with known files.
"""

import os
import subprocess
import sys
from pathlib import Path

from marketplace.site_agent.drivers import emptying, isolation
from marketplace.site_agent.drivers.isolation import Folders, Walls

WITHIN_SECONDS = 120.0
"""For one attempt. A later attempt goes on where this one ended."""


class NotDeleted(Exception):
    """Files are left; the text says why."""


def delete(folders: Folders, walls: Walls) -> None:
    """Delete the workspace's folder with everything in it; the record in it goes last. Raises `NotDeleted`."""
    try:
        strangers = [folder for folder in (folders.home, folders.run) if folder.is_dir()]
        if strangers:
            _as_its_user(folders, strangers, walls)
        for folder in (folders.home, folders.run, folders.settings, folders.shown, folders.root):
            emptying.remove(str(folder))
    except emptying.Left as left:
        raise NotDeleted(str(left)) from None
    except OSError as error:
        raise NotDeleted(error.strerror or type(error).__name__) from None


def _as_its_user(folders: Folders, strangers: list[Path], walls: Walls) -> None:
    program = [sys.executable, "-I", "-c", Path(emptying.__file__).read_text(encoding="utf-8")]
    words = [*_words(folders, strangers, walls, program)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, env={}, timeout=WITHIN_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NotDeleted(f"not done within {WITHIN_SECONDS:.0f} s, the next attempt goes on") from None
    if done.returncode != 0:
        raise NotDeleted((done.stderr.strip().splitlines() or ["no reason given"])[-1][:200])


def _words(folders: Folders, strangers: list[Path], walls: Walls, program: list[str]) -> list[str]:
    owner = strangers[0].lstat().st_uid
    if owner != os.geteuid():
        walls = Walls.OWN_USER  # files of a workspace that had a user of its own, whatever can be built now
    if walls is Walls.NONE:
        return [*program, *map(str, strangers)]
    places = {folders.home: isolation.HOME, folders.run: isolation.RUN}
    binds = [(str(folder), places[folder]) for folder in strangers]
    return [*isolation.deletion_words(walls, binds, owner), *program, *(place for _folder, place in binds)]
