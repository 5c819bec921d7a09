"""Cells of a table as people write them: choices by code or by word, rows by their code."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

LANGUAGES = ("zh-hans", "en")
not_shortened = RegexValidator(
    r"^\d(\.\d+)?E\+\d+$",
    _("The spreadsheet has shortened this number. Format the column as text and enter it again."),
    inverse_match=True,
)


@cache
def codes_of(choices: type[TextChoices]) -> dict[str, str]:
    """Code of every word people write for a choice: the code itself, and its label in both languages."""
    words = {str(code).lower(): str(code) for code in choices.values}
    for language in LANGUAGES:
        with override(language):
            words |= {str(label).lower(): str(code) for code, label in choices.choices}
    return words


class Word(forms.CharField):
    """A choice, written as its code or as its label in Chinese or English."""

    def __init__(self, choices: type[TextChoices], **more: Any) -> None:
        super().__init__(**more)
        self.choices = choices

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        code = codes_of(self.choices).get(text.lower()) if text else ""
        if code is None:
            words = " · ".join(f"{label} ({code})" for code, label in self.choices.choices)
            raise ValidationError(_("There is no such word here. Possible are: %(words)s."), params={"words": words})
        return code


class OneOf(forms.CharField):
    """A row that stands already, by its code. `rows` is given by the form for the whole file, `among` is its word."""

    rows: Mapping[str, Any] = {}

    def __init__(self, among: str, unknown: Any, **more: Any) -> None:
        super().__init__(**more)
        self.among, self.unknown = among, unknown

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text == "":
            return None
        found = self.rows.get(text) or self.rows.get(text.lower())
        if found is None:
            raise ValidationError(self.unknown)
        return found
