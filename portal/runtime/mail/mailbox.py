"""The mail that the file backend wrote, for the page /dev/mail/ of the sample world."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path

BETWEEN_MESSAGES = re.compile(rb"\n-{79}\n")


@dataclass(frozen=True)
class Mail:
    key: str
    """File and place in it: what an address of the page names."""
    to: str
    subject: str
    sent_at: datetime | None
    text: str


def newest_first(folder: Path, limit: int = 200) -> list[Mail]:
    """The latest mails; empty where none was written yet."""
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    mails: list[Mail] = []
    for path in files:
        mails += reversed(list(_mails(path)))
        if len(mails) >= limit:
            break
    return mails[:limit]


def find(folder: Path, key: str) -> Mail | None:
    return next((mail for mail in newest_first(folder, limit=10_000) if mail.key == key), None)


def _mails(path: Path) -> Iterator[Mail]:
    for place, raw in enumerate(BETWEEN_MESSAGES.split(path.read_bytes())):
        if raw.strip():
            message = message_from_bytes(raw, policy=policy.default)
            body = message.get_body(("plain", "html"))
            yield Mail(
                key=f"{path.stem}-{place}",
                to=str(message["To"] or ""),
                subject=str(message["Subject"] or ""),
                sent_at=parsedate_to_datetime(message["Date"]) if message["Date"] else None,
                text=body.get_content() if body else "",
            )
