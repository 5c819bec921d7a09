"""How lists are cut into pages. A module of its own: DRF's settings name it while DRF itself is still loading."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.translation import gettext_lazy
from rest_framework import pagination
from rest_framework.exceptions import NotFound
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

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Raises `NotFound` also for a cursor whose position is no value of the list's order."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, DataError):
            raise NotFound(str(self.invalid_cursor_message)) from None
