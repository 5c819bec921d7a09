"""Proof that a resource works, seen from the portal: reachable, right card model, right number of cards."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext as _

TIMEOUT_SECONDS = 5.0
MANIFEST = "suanli/cards.json"


@dataclass(frozen=True)
class Finding:
    """`passed`, and a sentence for people when not; `measured` is False for declared cards."""

    passed: bool
    sentence: str = ""
    measured: bool = False


def probe_workspace(endpoint: str, secret: str, *, card_model: str, serials: Sequence[str]) -> Finding:
    """Ask the workspace itself, over the address the buyer will use, which cards it sees."""
    parts = urlsplit(endpoint)
    try:
        with httpx.Client(
            timeout=TIMEOUT_SECONDS, headers={"Authorization": f"token {secret}"}, trust_env=False
        ) as client:
            answer = client.get(f"{parts.scheme}://{parts.netloc}/api/contents/{MANIFEST}", params={"content": 1})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Finding(False, _("The workspace did not answer: %(error)s") % {"error": type(error).__name__})
    if answer.status_code != 200:
        return Finding(False, _("The workspace answered %(status)s.") % {"status": answer.status_code})
    try:
        manifest = json.loads(answer.json()["content"])
        seen_model, seen = str(manifest["card_model"]), sorted(manifest["serials"])
    except (ValueError, KeyError, TypeError):
        return Finding(False, _("The workspace does not say which cards it has."))
    if seen_model != card_model:
        return Finding(
            False, _("The workspace has %(seen)s instead of %(wanted)s.") % {"seen": seen_model, "wanted": card_model}
        )
    if seen != sorted(serials):
        return Finding(
            False,
            _("The workspace has %(seen)s cards instead of the %(wanted)s leased ones.")
            % {"seen": len(seen), "wanted": len(serials)},
        )
    return Finding(True, measured=bool(manifest.get("measured")))
