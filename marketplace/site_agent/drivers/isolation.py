"""A workspace's walls: namespaces by bubblewrap, and where we are root an unprivileged user id of its own.

Inside there is no network, no process but its own, an empty /tmp, a minimal /dev with the leased devices only, and of
the machine's files what Python needs, read-only. What is not bound cannot be reached: keys, sockets, other leases.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

HOME = "/home/card"
RUN = "/run/workspace"
SETTINGS = "/etc/workspace"
UID_BASE = 1_770_000_000
"""Far above accounts, containers' ranges and systemd's dynamic users."""
UID_COUNT = 65_536
UID_IN_OWN_NAMESPACE = 1000
MOST_PROCESSES = 2048
TRIED_FOR_SECONDS = 20
ETC_FILES = (
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "ssl", "ca-certificates", "pki"),
    *("fonts", "mime.types", "alternatives", "bash.bashrc", "profile"),
)
SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


class Walls(Enum):
    OWN_USER = "own user"
    """Root's way: namespaces, and a user id per workspace."""
    OWN_NAMESPACE = "own user namespace"
    """Without root: everything in a user namespace of its own."""
    NONE = "none"
    """The machine cannot isolate: sample sales on loopback only."""


@dataclass(frozen=True)
class Folders:
    """A workspace's folders on the machine."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def settings(self) -> Path:
        return self.root / "settings"

    @property
    def shown(self) -> Path:
        """What the workspace reads and cannot write: which cards it has."""
        return self.root / "shown"


def choose_walls() -> tuple[Walls, str]:
    """The best walls that this machine really builds, found by building them; and why not better ones."""
    if shutil.which("bwrap") is None:
        return Walls.NONE, "bubblewrap (bwrap) is not installed"
    order = [Walls.OWN_USER, Walls.OWN_NAMESPACE] if os.geteuid() == 0 else [Walls.OWN_NAMESPACE]
    reason = ""
    for walls in order:
        words = ["bwrap", *base_words(walls), *_to_user(walls, UID_BASE, ()), sys.executable, "-I", "-c", _LOOK]
        reason = _tried(words)
        if not reason:
            return walls, ""
    return Walls.NONE, reason


_LOOK = "import os, socket; assert os.getpid() < 10; assert os.geteuid() != 0; assert len(socket.if_nameindex()) == 1"


def _tried(words: list[str]) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=TRIED_FOR_SECONDS, env={}, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap did not run ({type(error).__name__})"
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason given"])[-1]


def base_words(walls: Walls) -> list[str]:
    """Namespaces, the read-only machine and empty places; common to every workspace."""
    words = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", "--unshare-cgroup-try"]
    words += ["--hostname", "workspace", "--cap-drop", "ALL"]
    if walls is Walls.OWN_USER:
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
    else:
        words += ["--unshare-user", "--uid", str(UID_IN_OWN_NAMESPACE), "--gid", str(UID_IN_OWN_NAMESPACE)]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for place in ("/dev/shm", "/tmp", "/var/tmp"):  # noqa: S108 - places inside the walls
        words += ["--perms", "1777", "--tmpfs", place]
    words += _folders_above([*readable_paths(), Path("/etc/hosts"), Path(HOME), Path(RUN)])
    for path in readable_paths():
        words += ["--ro-bind", str(path), str(path)]
    for name in SYSTEM_FOLDERS:
        words += _system_folder(Path("/") / name)
    for name in ETC_FILES:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return words


def workspace_words(walls: Walls, folders: Folders, uid: int, devices: Iterable[str], info: int) -> list[str]:
    """The whole command line in front of the workspace's own program. `info` receives bubblewrap's word on the pid."""
    devices = sorted(set(devices))
    words = ["bwrap", *base_words(walls), "--info-fd", str(info)]
    words += ["--bind", str(folders.home), HOME, "--ro-bind", str(folders.shown), f"{HOME}/suanli"]
    words += ["--bind", str(folders.run), RUN, "--ro-bind", str(folders.settings), SETTINGS]
    for name in ("passwd", "group"):
        words += ["--ro-bind", str(folders.settings / name), f"/etc/{name}"]
    words += _folders_above(Path(device) for device in devices)
    for device in devices:
        words += ["--dev-bind", device, device]
    return [*words, "--chdir", "/", *_to_user(walls, uid, _groups_of(devices))]


def deletion_words(walls: Walls, binds: Iterable[tuple[str, str]], uid: int) -> list[str]:
    """The command line in front of a program that deletes: the workspace's walls and user, and its folders only."""
    words = ["bwrap", *base_words(walls), "--die-with-parent"]
    for folder, place in binds:
        words += ["--bind", folder, place]
    return [*words, "--chdir", "/", *_to_user(walls, uid, ())]


def readable_paths() -> list[Path]:
    """What every workspace can read: the system's programs, this Python and the environment JupyterLab is in."""
    wanted = [Path("/usr"), Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()]
    return [
        path
        for number, path in enumerate(wanted)
        if not any(path == other or other in path.parents for other in wanted[:number])
    ]


def exposing(folder: Path) -> Path | None:
    """The readable place the folder lies in, if it lies in one."""
    real = folder.resolve()
    return next((path for path in readable_paths() if path in real.parents), None)


def user_files(uid: int) -> dict[str, str]:
    return {
        "passwd": f"root:x:0:0:root:/root:/usr/sbin/nologin\ncard:x:{uid}:{uid}:workspace:{HOME}:/bin/bash\n",
        "group": f"root:x:0:\ncard:x:{uid}:\n",
    }


def _folders_above(paths: Iterable[Path]) -> list[str]:
    """Empty folders that lead to what is bound: bubblewrap would make them for root alone."""
    above = {parent for path in paths for parent in path.parents if parent != Path("/")}
    return [word for folder in sorted(above) for word in ("--perms", "0755", "--dir", str(folder))]


def _system_folder(path: Path) -> list[str]:
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.is_dir() else []


def _to_user(walls: Walls, uid: int, groups: Iterable[int]) -> list[str]:
    """Words that become the workspace's user before its first instruction runs."""
    if walls is not Walls.OWN_USER:
        return ["--"]
    extra = ",".join(str(group) for group in groups)
    drop = [f"--groups={extra}"] if extra else ["--clear-groups"]
    return [
        *("--", "setpriv", f"--reuid={uid}", f"--regid={uid}", *drop, "--inh-caps=-all", "--bounding-set=-all"),
        *("--no-new-privs", "prlimit", f"--nproc={MOST_PROCESSES}", "--core=0"),
    ]


def _groups_of(devices: Iterable[str]) -> list[int]:
    """Groups that may use the leased devices, where a driver keeps them from others (660, not 666)."""
    facts = [Path(device).stat() for device in devices]
    return sorted({one.st_gid for one in facts if one.st_gid and not one.st_mode & 0o006})
