"""Proof that a resource works, seen from the portal: reachable, right card model, right number of cards."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.utils.translation import gettext as _

from portal.outbound import addresses
from portal.outbound.addresses import BadAddress, Network
from portal.outbound.fetching import Answer, NoAnswer, NotAllowed, fetch

DEADLINE_SECONDS = 10.0
"""For the whole probe: name, connection, TLS, headers and body."""
MOST_BYTES = 1024 * 1024
MANIFEST = "/api/contents/suanli/cards.json?content=1"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Finding:
    """`passed`, and a sentence for people when not; `measured` is False for declared cards."""

    passed: bool
    sentence: str = ""
    measured: bool = False


def probe_workspace(
    endpoint: str, secret: str, *, card_model: str, serials: Sequence[str], networks: Sequence[Network]
) -> Finding:
    """Ask the workspace itself, over the address the buyer will use, which cards it sees.

    The address is the agent's word, so a sentence never tells what answers inside a network that is not public.
    """
    try:
        answer = _asked(endpoint, secret, networks)
    except (BadAddress, NotAllowed):
        return Finding(False, not_allowed())
    except NoAnswer as reason:
        log.info("workspace_did_not_answer", endpoint=endpoint, reason=str(reason))
        return Finding(False, _no_answer())
    if answer.status != 200:
        return _unfit(answer, _("The workspace answered %(status)s.") % {"status": answer.status})
    try:
        manifest: dict[str, Any] = json.loads(json.loads(answer.body)["content"])
        seen_model, seen = str(manifest["card_model"]), sorted(manifest["serials"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return _unfit(answer, _("The workspace does not say which cards it has."))
    if seen_model != card_model:
        words = {"seen": seen_model, "wanted": card_model}
        return Finding(False, _("The workspace has %(seen)s instead of %(wanted)s.") % words)
    if seen != sorted(serials):
        numbers = {"seen": len(seen), "wanted": len(serials)}
        return Finding(False, _("The workspace has %(seen)s cards instead of the %(wanted)s leased ones.") % numbers)
    return Finding(True, measured=bool(manifest.get("measured")))


def _asked(endpoint: str, secret: str, networks: Sequence[Network]) -> Answer:
    return fetch(
        addresses.read(endpoint),
        MANIFEST,
        headers={"Authorization": f"token {secret}"},
        networks=networks,
        seconds=DEADLINE_SECONDS,
        most_bytes=MOST_BYTES,
    )


def _unfit(answer: Answer, sentence: str) -> Finding:
    """What came back is told of public servers only: others a stranger cannot ask, and shall not ask through us."""
    log.info("workspace_answered_wrongly", status=answer.status, bytes=len(answer.body))
    return Finding(False, sentence if answer.public else _no_answer())


def _no_answer() -> str:
    return _("The workspace did not answer as it should within %(seconds)s s.") % {"seconds": round(DEADLINE_SECONDS)}


def not_allowed() -> str:
    return _("The workspace's address leads neither to the public internet nor to a network that the province lists.")
