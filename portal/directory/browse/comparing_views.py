"""Offers side by side, open to visitors: the address names them, so that it can be passed on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.directory.browse.comparison import MOST, Comparison
from portal.web.decorators import open_to_visitors
from portal.web.wording import beijing


@open_to_visitors
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """The whole page, or for the catalogue's drawer the part that moves."""
    comparison = Comparison(request.GET.getlist("offer"))
    shown = {"comparison": comparison, "most": MOST, "stamp": beijing(timezone.now(), "seconds zone")}
    template = "directory/_compared.html" if request.htmx else "directory/compare.html"  # type: ignore[attr-defined]
    return render(request, template, shown, status=422 if comparison.too_many else 200)
