"""Whom the agent works for: one file per enrolment, each scoped to one provider in one province."""

import base64
import binascii
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marketplace.site_agent.files import make_private, read_json, write_json
from marketplace.site_agent.problems import Problem

FOLDER = "enrolments"
REGISTERS = "registers"
"""What the portal said last. Only the running agent writes here, so that it never overwrites a renewed key."""


@dataclass
class Pool:
    """Cards of one model that the agent can hand out."""

    card_model: str
    serials: list[str]
    devices: dict[str, list[str]] = field(default_factory=dict)
    """Serial → device files of this card, instead of those that the driver finds."""
    faulty: list[str] = field(default_factory=list)


@dataclass
class Enrolment:
    key_id: str
    private_key: str
    """Raw Ed25519 key in base64; it never leaves this machine."""
    province: str
    provider: str
    portal: str
    """The national host's address without the closing slash."""
    pools: dict[str, Pool]
    declared: dict[str, Any] = field(default_factory=dict)
    """What the provider says of its pools beyond the portal's register: {pool: {serials, devices, faulty}}."""
    register: str = ""
    """Version of the register that `pools` follows."""
    may_declare: bool = False
    """Cards without a device are reported too, as declared and not as counted."""
    _file: tuple[Path, int] | None = field(default=None, repr=False, compare=False)
    """Where it was read from, and when that was written."""

    def take_register(self, version: str, rows: list[dict[str, Any]]) -> bool:
        """The pools as the portal knows them now; whether that is news. They are remembered for the next start."""
        if version == self.register:
            return False
        self.pools, self.register = pools_from(rows, self.declared), version
        if self._file is not None:
            state = self._file[0].parent.parent
            write_json(make_private(state / REGISTERS) / self._file[0].name, {"register": version, "pools": rows})
        return True

    def take_new_key(self) -> None:
        """A key that `suanli-agent rotate` wrote meanwhile is used from now on, without a restart."""
        if self._file is None:
            return
        path, written = self._file
        now = _written(path)
        if now not in (written, 0):
            self._file = path, now
            with suppress(Problem):  # a file that cannot be used changes nothing for an agent that runs
                self.private_key = _load(path).private_key


def save(state: Path, enrolment: Enrolment) -> None:
    row = asdict(enrolment)
    del row["_file"]
    write_json(make_private(state / FOLDER) / f"{enrolment.key_id}.json", row)


def load_all(state: Path) -> list[Enrolment]:
    """Every enrolment in the state folder. Raises `Problem` naming the file that cannot be used."""
    return [_load(path) for path in sorted((state / FOLDER).glob("*.json"))]


def _load(path: Path) -> Enrolment:
    try:
        written, row = _written(path), read_json(path)
        pools = {slug: Pool(**pool) for slug, pool in row.pop("pools").items()}
        row.setdefault("declared", _declared_in(pools))
        enrolment = Enrolment(**row, pools=pools, _file=(path, written))
        _follow_register(enrolment, path.parent.parent / REGISTERS / path.name)
        Ed25519PrivateKey.from_private_bytes(base64.b64decode(enrolment.private_key, validate=True))
    except OSError as error:
        raise Problem(f"The enrolment {path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        raise Problem(f"The enrolment {path} is damaged. Remove it and enrol again with a new code.") from None
    return enrolment


def _declared_in(pools: dict[str, Pool]) -> dict[str, Any]:
    """Of an enrolment written before declarations were kept apart: its serials are the portal's of that day."""
    facts = {slug: {"devices": pool.devices, "faulty": pool.faulty} for slug, pool in pools.items()}
    return {slug: kept for slug, found in facts.items() if (kept := {name: one for name, one in found.items() if one})}


def _follow_register(enrolment: Enrolment, path: Path) -> None:
    """The register of the last run. One that cannot be read is fetched again with the first poll."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = read_json(path)
        enrolment.pools, enrolment.register = pools_from(known["pools"], enrolment.declared), str(known["register"])


def _written(path: Path) -> int:
    """When the file was written, in ns; 0 if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def find(state: Path, key_id: str) -> Enrolment | None:
    """The enrolment of this key. Raises `Problem` if its file cannot be used."""
    path = state / FOLDER / f"{key_id}.json"
    return _load(path) if path.exists() else None


def pools_from(rows: list[dict[str, Any]], declared: dict[str, Any]) -> dict[str, Pool]:
    """The pools of the portal's register, completed by what the provider declares of them."""
    pools = {row["slug"]: Pool(row["card_model"], list(row["serials"])) for row in rows}
    for slug in set(pools) & set(declared):
        for name, value in declared[slug].items():
            setattr(pools[slug], name, value)
    return pools


def check_declared(declared: dict[str, Any], registered: Collection[str]) -> None:
    """Raises `Problem` for a pool that the provider has not registered."""
    for slug in declared:
        if slug not in registered:
            known = ", ".join(registered) or "none"
            raise Problem(
                f"The pools file names {slug}, which is not registered for this provider (registered: {known}). "
                "The agent is enrolled, without what the file says."
            )


def read_declared(path: Path | None) -> dict[str, Any]:
    """The pools file: {pool: {serials, devices, faulty}}, each optional. Raises `Problem` for any other shape."""
    if path is None:
        return {}
    try:
        declared = read_json(path)
    except OSError as error:
        raise Problem(f"The pools file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise Problem(f"The pools file {path} is not JSON: {error}.") from None
    if not isinstance(declared, dict) or not all(_is_declaration(facts) for facts in declared.values()):
        raise Problem(
            f'The pools file {path} must look like {{"pool": {{"serials": [...], "devices": {{serial: [...]}}, '
            '"faulty": [...]}}, with nothing else in it.'
        )
    return declared


def _is_declaration(facts: Any) -> bool:
    if not isinstance(facts, dict) or set(facts) - {"serials", "devices", "faulty"}:
        return False
    devices = facts.get("devices", {})
    lists = [facts.get("serials", []), facts.get("faulty", [])]
    if not isinstance(devices, dict):
        return False
    return all(
        isinstance(words, list) and all(isinstance(word, str) for word in words)
        for words in [*lists, *devices.values()]
    )
