"""Rules for passwords, said in one sentence before and one sentence after.

Django's own validators, whose sentences are not translated everywhere, judge; the words are ours.
"""

from typing import Any

from django.contrib.auth import password_validation as rules
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LEAST = 10


class PasswordRules:
    """At least ten characters, not only digits, not a common password, not like the person's name or address."""

    def __init__(self) -> None:
        self.checks: list[tuple[Any, str]] = [
            (rules.MinimumLengthValidator(LEAST), "short"),
            (rules.NumericPasswordValidator(), "digits"),
            (rules.CommonPasswordValidator(), "common"),
            (rules.UserAttributeSimilarityValidator(("email", "name")), "similar"),
        ]

    def validate(self, password: str, user: Any = None) -> None:
        for check, fault in self.checks:
            try:
                check.validate(password, user)
            except ValidationError as error:
                raise ValidationError(self._sentence(fault), code=f"password_{fault}") from error

    def get_help_text(self) -> str:
        return _("At least %(least)s characters, not only digits, not a common password or your own name.") % {
            "least": LEAST
        }

    def _sentence(self, fault: str) -> str:
        return {
            "short": _("The password needs at least %(least)s characters.") % {"least": LEAST},
            "digits": _("The password needs more than digits."),
            "common": _("The password is on the list of common passwords. Choose another one."),
            "similar": _("The password resembles your name or address. Choose another one."),
        }[fault]
