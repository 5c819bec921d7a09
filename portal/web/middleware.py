"""Turns an act that was refused, or asked for in the wrong way, into an answer with its sentence."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from portal.web.errors import render_error, render_fragment


class RefusalMiddleware:
    """A refusal that leaves a view becomes its error page, or for htmx a notice at the top of the page.

    This app is a leaf and imports no other: a refusal is any exception that carries a `sentence` for people and
    an HTTP `status` (tenants.acts.Refusal). The API has a handler of its own. Whoever comes back from signing in to
    the address of a form gets a page too, where Django's answer is empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        told = render_error(request, response.status_code)
        told["Allow"] = response["Allow"]
        return told

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        sentence = getattr(exception, "sentence", None)
        status = getattr(exception, "status", None)
        if sentence is None or not isinstance(status, int):
            return None
        if request.headers.get("HX-Request") == "true":
            return render_fragment(status, str(sentence))
        return render_error(request, status, str(sentence))
