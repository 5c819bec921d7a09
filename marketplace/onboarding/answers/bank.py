"""Account numbers: encrypted at rest, masked on pages, every view of the whole number a history row."""

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.onboarding.models import Answer
from portal.accounts.models import User
from portal.sealing import cipher
from tenants import history
from tenants.acts import require


def encrypt(number: str) -> bytes:
    return _cipher().encrypt(number.encode())


def masked(number: str) -> str:
    """Only the last four digits: •••• 6789."""
    return f"•••• {number[-4:]}"


@transaction.atomic
def show_number(answer: Answer, *, by: User) -> str:
    """The whole number, for the officer who compares it; history says who looked."""
    require(answer.secret is not None, _("No account number was given yet. Nothing is shown."), "nothing_to_show")
    history.record("bank_account.viewed", answer.application, by=by)
    return _cipher().decrypt(bytes(answer.secret or b"")).decode()


def _cipher() -> Fernet:
    return cipher(settings.CREDENTIALS_KEY, b"suanli-bank-accounts\0")
