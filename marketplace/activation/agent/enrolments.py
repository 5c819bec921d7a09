"""Whom the agent works for: one file per enrolment, each scoped to one provider in one province."""

import base64
import binascii
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marketplace.activation.agent.files import make_private, read_json, write_json
from marketplace.activation.agent.problems import Problem

FOLDER = "enrolments"


@dataclass
class Pool:
    """Cards of one model that the agent can hand out."""

    card_model: str
    serials: list[str]
    devices: dict[str, list[str]] = field(default_factory=dict)
    """Serial → device files that are this card. Without an entry the card is declared, not measured."""
    faulty: list[str] = field(default_factory=list)

    @property
    def usable(self) -> int:
        return len(set(self.serials) - set(self.faulty))


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

    def capacity(self) -> list[dict[str, Any]]:
        """What can be sold: per pool the usable cards and the serials out of order."""
        return [
            {"pool": slug, "cards": pool.usable, "faulty": sorted(pool.faulty)} for slug, pool in self.pools.items()
        ]


def save(state: Path, enrolment: Enrolment) -> None:
    write_json(make_private(state / FOLDER) / f"{enrolment.key_id}.json", asdict(enrolment))


def load_all(state: Path) -> list[Enrolment]:
    """Every enrolment in the state folder. Raises `Problem` naming the file that cannot be used."""
    return [_load(path) for path in sorted((state / FOLDER).glob("*.json"))]


def _load(path: Path) -> Enrolment:
    try:
        row = read_json(path)
        pools = {slug: Pool(**pool) for slug, pool in row.pop("pools").items()}
        enrolment = Enrolment(**row, pools=pools)
        Ed25519PrivateKey.from_private_bytes(base64.b64decode(enrolment.private_key, validate=True))
    except OSError as error:
        raise Problem(f"The enrolment {path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        raise Problem(f"The enrolment {path} is damaged. Remove it and enrol again with a new code.") from None
    return enrolment


def pools_from(answer: list[dict[str, Any]], declared: dict[str, Any]) -> dict[str, Pool]:
    """The portal's pools, completed by what the provider declares of them. Raises `Problem` for a foreign pool."""
    pools = {row["slug"]: Pool(row["card_model"], list(row["serials"])) for row in answer}
    for slug, facts in declared.items():
        if slug not in pools:
            known = ", ".join(pools) or "none"
            raise Problem(
                f"The pools file names {slug}, which is not registered for this provider (registered: {known}). "
                "The agent is enrolled, without what the file says."
            )
        for name, value in facts.items():
            setattr(pools[slug], name, value)
    return pools


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
