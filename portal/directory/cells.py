"""Cells of a taxonomy file for django-import-export, whose own reading takes 64.9 for 64 and “是” for no."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from import_export.widgets import BooleanWidget, DecimalWidget, IntegerWidget

from portal.web.texts import decimals, normal


class Number(DecimalWidget):
    refusal: ClassVar[Any] = decimals.NOT_A_NUMBER

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return None if self.is_empty(value) else decimals.read(str(value))


class Whole(IntegerWidget):
    refusal: ClassVar[Any] = decimals.NOT_WHOLE

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return None if self.is_empty(value) else decimals.read_whole(str(value))


class YesOrNo(BooleanWidget):
    refusal: ClassVar[Any] = _("Write 1 or 0, yes or no.")
    WORDS: ClassVar = {
        "1": True,
        "true": True,
        "yes": True,
        "是": True,
        "0": False,
        "false": False,
        "no": False,
        "否": False,
    }

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Raises `ValueError` for other words."""
        said = normal.word(str("" if value is None else value))
        if said and said not in self.WORDS:
            raise ValueError(said)
        return self.WORDS.get(said)
