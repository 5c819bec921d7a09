"""What the host driver remembers of each workspace: one folder with one record, written before anything is started."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from marketplace.site_agent.drivers import processes
from marketplace.site_agent.drivers.isolation import UID_BASE, UID_COUNT, Folders
from marketplace.site_agent.files import make_private, read_json, write_json

RECORD = "record.json"
STARTING, RUNNING, SUSPENDED, REVOKING = "starting", "running", "suspended", "revoking"


@dataclass
class Workspace:
    token: str
    attempt: int
    pool: str
    card_model: str
    serials: list[str]
    devices: dict[str, list[str]]
    number: int
    """0 to 65,535, unique on this machine: it gives the workspace its address and its user id."""
    secret: str
    state: str = STARTING
    pid: int = 0
    started: str = ""
    """With the pid, names the workspace's first process for ever."""
    namespace: str = ""
    ready_at: str = ""
    counted: dict[str, dict[str, str]] = field(default_factory=dict)
    """Serial → maker, model and name of the card that was found for it."""

    @property
    def address(self) -> str:
        return f"127.77.{self.number >> 8}.{self.number & 255}"

    @property
    def uid(self) -> int:
        return UID_BASE + self.number

    @property
    def measured(self) -> bool:
        """A driver counted every card of it."""
        return set(self.serials) == set(self.counted)

    @property
    def runs(self) -> bool:
        return processes.is_running(self.pid, self.started)


class Shelf:
    """All workspaces of one state folder."""

    def __init__(self, state: Path) -> None:
        self._root = make_private(state / "workspaces")

    def folders(self, token: str) -> Folders:
        return Folders(self._root / token)

    def find(self, token: str) -> Workspace | None:
        try:
            return Workspace(**read_json(self.folders(token).root / RECORD))
        except (OSError, ValueError, TypeError):
            return None

    def all(self) -> Iterator[Workspace]:
        for folder in sorted(self._root.iterdir()):
            workspace = self.find(folder.name)
            if workspace is not None:
                yield workspace

    def keep(self, workspace: Workspace) -> None:
        write_json(make_private(self.folders(workspace.token).root) / RECORD, asdict(workspace))


def numbers_for(token: str) -> Iterator[int]:
    """Candidates in an order of the token's own, so that agents on one machine rarely meet."""
    first = int.from_bytes(hashlib.sha256(token.encode()).digest()[:4], "big")
    return ((first + step) % UID_COUNT for step in range(256))


def give_to(uid: int, *paths: Path) -> None:
    for path in paths:
        os.chown(path, uid, uid)
