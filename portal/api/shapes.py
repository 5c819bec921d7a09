"""What bodies and queries of the API are made of: no name is passed over, and numbers are read as everywhere.

Library sentences that speak of our tables or of Python are said anew here.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from portal.web.texts import decimals

NO_SUCH = gettext_lazy("There is no “{value}”.")


class Shape(serializers.Serializer[Any]):
    """A body, a part of one, or a query: a name that it does not have is refused. Without fields it is empty."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": gettext_lazy("This must be an object, names and values in braces.")
    }

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**unknown, **error.detail}) from None  # type: ignore[dict-item]  # by field
        if unknown:
            raise ValidationError(unknown)
        return values

    def _unknown(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        known = [name for name, field in self.fields.items() if not field.read_only]
        sentence = _("There is no such field. Known are: %(known)s.") % {"known": ", ".join(known)}
        if not known:
            sentence = _("There is no such field: nothing is taken here.")
        return {str(name): [ErrorDetail(sentence, "unknown")] for name in data if name not in known}


def _read(field: serializers.Field[Any, Any, Any, Any], data: Any) -> Any:
    """A number of JSON, or a text read as in files and forms."""
    if isinstance(data, str):
        try:
            return decimals.read(data)
        except ValueError:
            field.fail("invalid")
    return field.fail("invalid") if isinstance(data, bool) else data


class IntegerField(serializers.IntegerField):
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": decimals.NOT_WHOLE}

    def to_internal_value(self, data: Any) -> int:
        return super().to_internal_value(_read(self, data))


class FloatField(serializers.FloatField):
    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": decimals.NOT_A_NUMBER,
        "overflow": decimals.NOT_A_NUMBER,
    }

    def to_internal_value(self, data: Any) -> float:
        return super().to_internal_value(_read(self, data))


class DecimalField(serializers.DecimalField):
    """Zeros at the end are no decimals; it is answered as a number."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": decimals.NOT_A_NUMBER}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"coerce_to_string": False, **kwargs})

    def to_internal_value(self, data: Any) -> Decimal:
        return super().to_internal_value(_read(self, data))

    def validate_precision(self, value: Decimal) -> Decimal:
        return super().validate_precision(decimals.trimmed(value))


class ListField(serializers.ListField):
    """A list that is counted before anything in it is looked at."""

    default_error_messages: ClassVar[dict[str, Any]] = {"not_a_list": gettext_lazy("This must be a list.")}

    def to_internal_value(self, data: Any) -> list[Any]:
        most = self.max_length
        if most is not None and isinstance(data, list) and len(data) > most:
            raise ValidationError([too_many(most)])
        return super().to_internal_value(data)


def too_many(most: int) -> ErrorDetail:
    return ErrorDetail(_("This list has more than %(most)s entries.") % {"most": f"{most:,}"}, "max_length")


def no_such(code: str) -> list[ErrorDetail]:
    return [ErrorDetail(str(NO_SUCH).format(value=code), "does_not_exist")]


class Named(serializers.SlugRelatedField[Any]):
    """A row by its code."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "does_not_exist": NO_SUCH,
        "invalid": gettext_lazy("This must be a code."),
    }
