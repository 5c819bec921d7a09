"""Numbers that people read to each other: `14-20260824-7Q2MX8`."""

import secrets
from datetime import datetime

from django.utils import timezone

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read as a digit."""
SUFFIX = 6


def number(head: str, now: datetime) -> str:
    """`head`, day in Beijing, and six random characters: nobody can guess how much was sold."""
    suffix = "".join(secrets.choice(ALPHABET) for _place in range(SUFFIX))
    return f"{head}-{timezone.localtime(now):%Y%m%d}-{suffix}"
