"""Ending repeated e-mails by the link they carry, without a sign-in (RFC 8058).

The link is signed and names a saved search, or the person whose stock alerts it ends. It does nothing else.
"""

from enum import StrEnum
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

_signer = Signer(salt="portal.directory.wishes.stopping")


class Mails(StrEnum):
    SEARCH = "search"
    ALERTS = "alerts"


class Stop(NamedTuple):
    """What a link ends: e-mails of this kind, of the search or the person with this key."""

    mails: Mails
    key: str


def address_of(mails: Mails, key: object) -> str:
    """Path of the link at the nation."""
    token = _signer.sign(f"{mails}:{key}")
    return reverse("directory:stop", settings.PUBLIC_SCHEMA_URLCONF, args=[token])


def read(token: str) -> Stop | None:
    """None for a link that we did not sign."""
    try:
        mails, _colon, key = _signer.unsign(token).partition(":")
    except BadSignature:
        return None
    return Stop(Mails(mails), key)
