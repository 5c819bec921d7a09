"""How lists are cut into pages. A module of its own: DRF's settings name it while DRF itself is still loading."""

from django.utils.translation import gettext_lazy
from rest_framework import pagination


class CursorPagination(pagination.CursorPagination):
    """`?cursor=…` as `next` and `previous` give it; `?page_size=` up to 100. Views say their `ordering`."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = "-pk"
    invalid_cursor_message = gettext_lazy(  # type: ignore[assignment]  # said in the reader's language
        "This cursor does not belong to this list. Start without one."
    )
