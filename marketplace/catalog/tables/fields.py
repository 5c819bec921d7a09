"""Cells of a table as people write them: choices by code or by word, rows by their code."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from portal.web.texts import normal

LANGUAGES = ("zh-hans", "en")


@cache
def codes_of(choices: type[TextChoices]) -> dict[str, str]:
    """Code of every word people write for a choice: the code itself, and its label in both languages."""
    words = {normal.word(str(code)): str(code) for code in choices.values}
    for language in LANGUAGES:
        with override(language):
            words |= {normal.word(str(label)): str(code) for code, label in choices.choices}
    return words


class Word(forms.CharField):
    """A choice, written as its code or as its label in Chinese or English."""

    def __init__(self, choices: type[TextChoices], **more: Any) -> None:
        super().__init__(**more)
        self.choices = choices

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        code = codes_of(self.choices).get(normal.word(text)) if text else ""
        if code is None:
            words = " · ".join(f"{label} ({code})" for code, label in self.choices.choices)
            raise ValidationError(_("There is no such word here. Possible are: %(words)s."), params={"words": words})
        return code


class Named(forms.CharField):
    """What a row is known by, in the usual width; `check` reads it so too before rows are compared."""

    def to_python(self, value: Any) -> str:
        text = normal.text(super().to_python(value) or "")
        if normal.is_shortened(text):
            raise ValidationError(normal.SHORTENED, code="shortened")
        return text


class OneOf(Named):
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
