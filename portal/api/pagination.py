"""How lists are cut into pages. A module of its own: DRF's settings name it while DRF itself is still loading."""

from typing import Any

from django.core.exceptions import ValidationError as WrongValue
from django.db import DataError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import pagination
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request


class CursorPagination(pagination.CursorPagination):
    """`?cursor=…` as `next` and `previous` give it; `?page_size=` up to 100. Views say their `ordering`."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = "-pk"
    invalid_cursor_message = gettext_lazy(  # type: ignore[assignment]  # said in the reader's language
        "This cursor does not belong to this list. Start without one."
    )

    def get_page_size(self, request: Request) -> int:
        """Raises `ValidationError` for what is no number of rows, instead of passing it over."""
        said = request.query_params.get(self.page_size_query_param)
        if said is None:
            return self.page_size
        if not said.isascii() or not said.isdigit() or not 1 <= int(said[:9]) <= self.max_page_size:
            sentence = _("Write a whole number from 1 to %(most)s.") % {"most": self.max_page_size}
            raise ValidationError({self.page_size_query_param: [sentence]})
        return int(said)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Raises `NotFound` also for a cursor whose position is no value of the list's order."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (WrongValue, ValueError, DataError):
            raise NotFound(str(self.invalid_cursor_message)) from None
