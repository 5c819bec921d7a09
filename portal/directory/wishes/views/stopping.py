"""The page and the one click that end repeated e-mails."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.directory.wishes import stopping
from portal.directory.wishes.actions import alerting, saving
from portal.web.decorators import open_to_visitors


@open_to_visitors
@csrf_exempt  # mail programs send the request by themselves (RFC 8058); the signed link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing: programs that look for dangerous links open them all."""
    found = stopping.read(token)
    if found is None:
        raise Http404
    if request.method == "POST":
        act = saving.silence_search if found.mails == stopping.Mails.SEARCH else alerting.cancel_all
        act(found.key)
    return render(request, "directory/stop.html", {"mails": found.mails, "stopped": request.method == "POST"})
