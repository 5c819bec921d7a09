"""Reaching the Unix socket in a workspace's run folder without following where its user might point us.

The user inside owns the folder. A symbolic link there would be resolved among the machine's files, with the agent's
rights, and lead a buyer to the database. So the socket is opened by a descriptor that follows no link, and used only
if it is a socket. A descriptor's path is short, too: a socket's path may have 107 bytes only.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "jupyter.sock"


@contextmanager
def door_in(run: Path) -> Iterator[str]:
    """A path to connect to while the block lasts. Raises `OSError` if there is no socket."""
    folder = os.open(run, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        socket = os.open(NAME, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
        try:
            if not stat.S_ISSOCK(os.fstat(socket).st_mode):
                raise ConnectionRefusedError(f"{NAME} in {run} is no socket")
            yield f"/proc/self/fd/{socket}"
        finally:
            os.close(socket)
    finally:
        os.close(folder)
