"""E-mails on their way out. No request waits for a mail server: the act leaves a letter, a task sends it later.

What is refused, or cannot be sent while the server is down, is tried again for a day; then it waits for an operator.
"""

import json
from dataclasses import asdict, dataclass
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from threading import BoundedSemaphore

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.mail import EmailMessage

from portal.sealing import cipher
from portal.web.texts.lines import plain
from tenants import outbox
from tenants.context import NATION, current_province, in_province
from tenants.outbox import work
from tenants.outbox.models import Letter

_turns = BoundedSemaphore(2)
"""Of a worker's threads: a mail server that does not answer must not hold up what buyers wait for."""
AUTOMATIC = {"Auto-Submitted": "auto-generated"}
"""RFC 3834: no program answers that its owner is away."""


@dataclass(frozen=True)
class Mail:
    """A finished e-mail to one address."""

    to: str
    subject: str
    text: str


def leave(mail: Mail) -> None:
    """Leave the letter that sends it. The text may hold a link that opens an account, so it lies there sealed."""
    with in_province(NATION):
        outbox.leave("accounts.mail", sealed=_cipher().encrypt(json.dumps(asdict(mail)).encode()).decode())


def opened(letter: Letter) -> Mail:
    return Mail(**json.loads(_cipher().decrypt(letter.payload["sealed"].encode())))


def send(message: EmailMessage, letter: Letter) -> None:
    """Raises `NotNow`, without the address, if the server does not take it, and `Busy` if two others wait for it."""
    number = f"<letter-{current_province()}-{letter.pk}@{settings.PARENT_DOMAIN}>"
    message.extra_headers |= AUTOMATIC | {"Message-ID": number}  # the same in a second attempt: readers show it once
    if not _turns.acquire(timeout=1):
        raise work.Busy
    try:
        message.send()
    except (SMTPException, OSError) as error:
        raise work.NotNow(_reason(error, message.to)) from None
    finally:
        _turns.release()


def _reason(error: Exception, addresses: list[str]) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        answers = [SMTPResponseException(*answer) for answer in error.recipients.values()]
        return "; ".join(_reason(answer, addresses) for answer in answers)
    if not isinstance(error, SMTPResponseException):
        return f"The mail server cannot be reached: {type(error).__name__}"
    answer = error.smtp_error
    words = plain(answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer))
    for address in addresses:
        words = words.replace(address, "…")
    return f"The mail server answered {error.smtp_code} {words}"


def _cipher() -> Fernet:
    return cipher(settings.CREDENTIALS_KEY, b"portal.accounts.mail:")
