"""The mark on views that visitors may come in. Without a mark a page asks for a sign-in."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse

__all__ = ["open_to_visitors"]

View = Callable[..., HttpResponse]


def open_to_visitors(view: View) -> View:
    """A page for everybody. What a visitor saw may be kept by the browser (`portal.web.middleware`)."""
    view = login_not_required(view)
    view.is_public = True  # type: ignore[attr-defined]
    return view
