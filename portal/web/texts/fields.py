"""Fields for numbers that people type in; pages and files read them alike (`portal.web.texts.decimals`)."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django import forms

from portal.web.texts import decimals


class DecimalField(forms.DecimalField):
    """A decimal number. `written` are the units that may stand beside it."""

    default_error_messages = {"invalid": decimals.NOT_A_NUMBER}

    def __init__(self, *, written: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.written = tuple(written)

    def to_python(self, value: Any) -> Any:
        return _read(self, value, decimals.read, self.written)


class WholeField(forms.IntegerField):
    """A whole number. `written` are the units that may stand beside it."""

    default_error_messages = {"invalid": decimals.NOT_WHOLE}

    def __init__(self, *, written: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.written = tuple(written)

    def to_python(self, value: Any) -> Any:
        return _read(self, value, decimals.read_whole, self.written)


def _read(field: forms.Field, value: Any, read: Callable[..., Any], written: tuple[str, ...]) -> Any:
    if value in field.empty_values or not str(value).strip():
        return None
    text = f"{Decimal(str(value)):f}" if isinstance(value, int | float | Decimal) else str(value)
    try:
        return read(text, written)
    except ValueError:
        raise forms.ValidationError(field.error_messages["invalid"], code="invalid") from None
