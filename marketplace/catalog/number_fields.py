"""Numbers as providers type them: with a unit and a range, shares in per cent, money in yuan."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.web.forms import NumberWithUnit
from portal.web.texts.fields import DecimalField
from portal.web.wording import MICRO, YUAN


class NumberField(DecimalField):
    """A number with its unit; outside its range the sentence names the range."""

    def __init__(self, *, low: str, high: str, decimals: int, unit: Any = "", **kwargs: Any) -> None:
        attrs = {"step": str(Decimal(1).scaleb(-decimals)), "inputmode": "decimal"}
        kwargs.setdefault("written", (unit,) if isinstance(unit, str) and unit else ())
        super().__init__(
            min_value=Decimal(low),
            max_value=Decimal(high),
            decimal_places=decimals,
            widget=NumberWithUnit(unit=unit, attrs=attrs) if unit else forms.NumberInput(attrs),
            **kwargs,
        )


class PercentField(NumberField):
    """Typed from 0 to 100, kept from 0 to 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(unit="%", low="0", high="100", decimals=1, **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        percent = super().clean(value)
        return None if percent is None else percent / 100

    def prepare_value(self, value: Any) -> Any:
        """What is kept as a share is shown in per cent; what somebody typed stays as it was typed."""
        return f"{value * 100:.1f}".removesuffix(".0") if isinstance(value, Decimal) else value


class YuanField(NumberField):
    """Typed in yuan with up to six decimals, kept as integer micro-yuan."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(unit=_("yuan"), written=YUAN, low="0", high="100000000", decimals=6, **kwargs)

    def clean(self, value: Any) -> int | None:  # type: ignore[override]  # money is an integer
        yuan = super().clean(value)
        return None if yuan is None else int(yuan * MICRO)
