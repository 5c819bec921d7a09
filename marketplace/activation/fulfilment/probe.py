"""Proof that a resource works, seen from the portal: reachable, right card model, right number of cards."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext as _

TIMEOUT_SECONDS = 5.0
"""For connecting, for each part of the answer, and for the whole of it."""
MOST_BYTES = 1024 * 1024
MANIFEST = "suanli/cards.json"


@dataclass(frozen=True)
class Finding:
    """`passed`, and a sentence for people when not; `measured` is False for declared cards."""

    passed: bool
    sentence: str = ""
    measured: bool = False


def probe_workspace(endpoint: str, secret: str, *, card_model: str, serials: Sequence[str]) -> Finding:
    """Ask the workspace itself, over the address the buyer will use, which cards it sees."""
    try:
        status, body = _manifest(endpoint, secret)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Finding(False, _("The workspace did not answer: %(error)s") % {"error": type(error).__name__})
    if status != 200:
        return Finding(False, _("The workspace answered %(status)s.") % {"status": status})
    try:
        manifest = json.loads(json.loads(body)["content"])
        seen_model, seen = str(manifest["card_model"]), sorted(manifest["serials"])
    except (ValueError, KeyError, TypeError, RecursionError):
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


def _manifest(endpoint: str, secret: str) -> tuple[int, bytes]:
    """Status and body; of a body that is too long or too slow, what came of it. The other side is a stranger's."""
    parts, body, began = urlsplit(endpoint), b"", time.monotonic()
    url = f"{parts.scheme}://{parts.netloc}/api/contents/{MANIFEST}"
    headers = {"Authorization": f"token {secret}", "Accept-Encoding": "identity"}
    with httpx.stream(
        "GET", url, params={"content": 1}, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False
    ) as answer:
        for part in answer.iter_raw():
            body += part
            if len(body) > MOST_BYTES or time.monotonic() - began > TIMEOUT_SECONDS:
                break
        return answer.status_code, body
