"""Error pages. They are drawn without database, session, user and province, so that they also stand when those do not.

Each says what happened, what did not happen, and what to do next; the main part in the reader's language, one
sentence in the other one, because the choice of language may be among the things that are lost.
"""

import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from portal.web.theme import chosen_theme
from portal.web.unavailable import RETRY_AFTER_SECONDS, is_unavailable, tally, was_sent
from portal.web.wording import is_english

PROGRAMS = ("/api/", "/agent/")
WORDS: dict[int | str, tuple[Any, Any, Any]] = {
    400: (
        _("This request could not be understood"),
        _("Nothing was changed, bought or charged."),
        _("Go back one page, load it again and repeat the step."),
    ),
    403: (
        _("You may not do this here"),
        _("Nothing was changed, bought or charged."),
        _("Ask the owner of your organisation for the right, or sign in with another account."),
    ),
    "csrf": (
        _("The form was out of date, so it was not accepted"),
        _("Nothing was changed, bought or charged."),
        _("Go back, load the page again and send the form once more. Cookies must be allowed for this site."),
    ),
    404: (
        _("This page does not exist, or you may not see it"),
        _("Nothing was changed, bought or charged."),
        _("Check the address, or look in the catalogue."),
    ),
    405: (
        _("This address only takes what its form sends"),
        _("Nothing was changed, bought or charged."),
        _("Go back to the page with the form and send it from there."),
    ),
    408: (
        _("What you sent did not arrive in time"),
        _("Nothing was changed, bought or charged."),
        _("Send it again. Where your connection is slow, send a smaller file."),
    ),
    409: (
        _("This was not done"),
        _("Nothing was changed, bought or charged."),
        _("Go back, load the page again and look at its present state."),
    ),
    410: (
        _("This provincial sub-platform is closed"),
        _("Nothing is sold here any more. What was bought here stays in your purchases."),
        _("The national platform shows the provinces that are open."),
    ),
    411: (
        _("What you sent does not say how long it is"),
        _("Nothing was changed, bought or charged."),
        _("Send it with a Content-Length."),
    ),
    413: (
        _("What you sent is too large"),
        _("Nothing was changed, bought or charged."),
        _("Send less at a time: shorten the texts, choose fewer objects, or split the file."),
    ),
    429: (
        _("Too many requests in a short time"),
        _("This request was not carried out; nothing was bought or charged."),
        _("Wait a minute, then try again. Trying again cannot order twice."),
    ),
    500: (
        _("A fault on our side"),
        _("We cannot say whether your last step was carried out. Nothing is ever bought twice."),
        _("Look under My orders and Wallet before you repeat it. The fault has been recorded."),
    ),
    503: (
        _("The portal cannot answer just now"),
        _("This request was not carried out; nothing was bought or charged. Running resources keep running."),
        _("Try again in a minute. Trying again cannot order twice."),
    ),
    "lost": (
        _("The portal lost its database in the middle of this request"),
        _("We cannot say whether your last step was carried out. Nothing is ever bought twice."),
        _("Look under My orders and Wallet in a minute, before you repeat it."),
    ),
}
HARMLESS = {"GET", "HEAD", "OPTIONS", "TRACE"}


def render_error(
    request: HttpRequest | None, status: int, sentence: str | None = None, kind: int | str = ""
) -> HttpResponse:
    """The page of this status; a sentence given says what did not happen in place of the general one."""
    key = kind or status
    what, unchanged, next_step = WORDS.get(key, WORDS[500 if status >= 500 else 409])
    if request is not None and request.path.startswith(PROGRAMS):
        return _problem(status, sentence or str(unchanged))
    english = is_english()
    with override("zh-hans" if english else "en"):
        other = {"lang": "zh-CN" if english else "en", "what": str(what), "unchanged": str(unchanged)}
    context = {
        "status": status,
        "what": what,
        "unchanged": sentence or unchanged,
        "next_step": next_step,
        "other": None if sentence else other,
        "english": english,
        "theme": chosen_theme(request) if request is not None else "",
        "site_name": settings.SITE_NAME["en" if english else "zh-hans"],
        "footer": settings.FOOTER_TEXT["en" if english else "zh-hans"],
        "national": settings.PORTAL_URL,
    }
    return _with_retry(HttpResponse(render_to_string("errors/page.html", context), status=status))


def render_unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """503 for a request that found no database; what is said of its act depends on how far it can have come."""
    tally.note(error)
    kind = "lost" if was_sent(error) and request.method not in HARMLESS else 503
    if request.headers.get("HX-Request") == "true":
        what, unchanged, _next_step = WORDS[kind]
        return render_fragment(503, gettext("%(what)s. %(unchanged)s") % {"what": what, "unchanged": unchanged})
    return render_error(request, 503, kind=kind)


def _with_retry(answer: HttpResponse) -> HttpResponse:
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _problem(status: int, sentence: str) -> HttpResponse:
    """Programs get no page, also for what goes wrong before their door is reached (RFC 9457)."""
    title = HTTPStatus(status).phrase
    word = title.lower().replace(" ", "_")
    body = {"type": "about:blank", "title": title, "status": status, "code": word, "detail": sentence}
    return _with_retry(JsonResponse(body, status=status, content_type="application/problem+json"))


def render_fragment(status: int, sentence: str) -> HttpResponse:
    """The notice that htmx puts at the top of the page it was asked from."""
    body = render_to_string("errors/fragment.html", {"sentence": sentence})
    headers = {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
    return _with_retry(HttpResponse(body, status=status, headers=headers))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What goes wrong while a request is read; for its size the status says so."""
    return render_error(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The sentence of a PermissionDenied that has one is said instead of the general one."""
    return render_error(request, 403, str(exception) or None)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_error(request, 404)


def gone(request: HttpRequest) -> HttpResponse:
    return render_error(request, 410)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return render_error(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django asks while it handles the exception that nobody handled before."""
    error = sys.exception()
    if error is not None and is_unavailable(error):
        return render_unavailable(request, error)
    return render_error(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render_error(request, 403, kind="csrf")
