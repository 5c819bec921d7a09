"""Signing in on the way: which page a person comes back to.

A form that is sent after the session has ended leads to the sign-in too. Its own address takes only what a form sends,
so the way back is the page with the form.
"""

from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django_htmx.http import HttpResponseClientRedirect


class SignInMiddleware(LoginRequiredMiddleware):
    """Visitors sign in before they see a page that is not marked as open."""

    def handle_no_permission(  # type: ignore[override]  # htmx is answered without a redirect
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        answer = redirect_to_login(page_to_return_to(request), self.get_login_url(view_func))
        return HttpResponseClientRedirect(answer.url) if _by_htmx(request) else answer


def page_to_return_to(request: HttpRequest) -> str:
    """The page that was asked for, or the page that holds the form or the part; without host at the nation."""
    if request.method in ("GET", "HEAD") and not _by_htmx(request):
        return _home(request) + request.get_full_path()
    shown = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if shown and get_adapter().is_safe_url(shown):
        parts = urlsplit(shown)
        at_nation = parts.hostname in (None, settings.PARENT_DOMAIN)
        return urlunsplit(parts._replace(scheme="", netloc="", fragment="")) if at_nation else shown
    return _home(request) + _page_above(request)


def _by_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _home(request: HttpRequest) -> str:
    province = getattr(request, "tenant", None)
    return "" if province is None else str(province.url)


def _page_above(request: HttpRequest) -> str:
    """The nearest page above the address: `/quotes/…/` for `/quotes/…/buy/`."""
    path = request.path
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path, getattr(request, "urlconf", None))
        except Resolver404:
            continue
        return path
    return "/"
