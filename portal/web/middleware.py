"""Turns an act that was refused into an answer with its sentence."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.web.errors import render_error, render_fragment


class RefusalMiddleware:
    """A refusal that leaves a view becomes its error page, or for htmx a notice at the top of the page.

    This app is a leaf and imports no other: a refusal is any exception that carries a `sentence` for people and
    an HTTP `status` (tenants.acts.Refusal). The API has a handler of its own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        sentence = getattr(exception, "sentence", None)
        status = getattr(exception, "status", None)
        if sentence is None or not isinstance(status, int):
            return None
        if request.headers.get("HX-Request") == "true":
            return render_fragment(status, str(sentence))
        return render_error(request, status, str(sentence))
