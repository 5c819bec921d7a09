"""Step one: configure, with a quote that follows the choices. Nothing is written until the quote is asked for."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.api.throttling import QuoteThrottle
from portal.checkout import actions
from portal.checkout.asked import MemberRequest
from portal.checkout.forms import CardForm
from portal.checkout.quotes.card_choices import card_choices
from portal.checkout.quotes.views.quoted import Quoted
from portal.web.decorators import open_to_visitors
from portal.web.errors import render_error, render_fragment
from tenants.models import Province

CHOICES_SHOWN = 6
"""Card models that stand in the list beside the chosen one; the others are folded."""


@open_to_visitors
@require_safe
def cards(request: MemberRequest) -> HttpResponse:
    return _page(request, _form(request, request.GET))


@open_to_visitors
@require_POST
def make_quote(request: MemberRequest) -> HttpResponse:
    form = _form(request, request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if _too_many(request):
        return _wait(request)
    quote = actions.make_quote(form.card_request(), organisation=request.organisation)
    return redirect("checkout:quote", quote.pk)


def _form(request: MemberRequest, asked: object) -> CardForm:
    return CardForm(asked, card_choices(), Province.objects.provinces().open())


def _too_many(request: MemberRequest) -> bool:
    """A quote looks into every province, so pages spend the same allowance as the API."""
    return not QuoteThrottle().allow_request(request, None)


def _wait(request: MemberRequest) -> HttpResponse:
    sentence = _("Too many quotes in a short time. Nothing was bought. Wait a minute, then try again.")
    return render_fragment(429, sentence) if request.htmx else render_error(request, 429, sentence)


def _page(request: MemberRequest, form: CardForm, status: int = 200) -> HttpResponse:
    if form.is_valid() and _too_many(request):
        return _wait(request)
    quoted = Quoted.of(actions.answer(form.card_request())) if form.is_valid() else None
    context: dict[str, Any] = {"form": form, "quoted": quoted}
    if request.htmx:
        return render(request, "checkout/parts/preview.html", context | {"partial": True}, status=status)
    chosen = form.chosen()
    shown, folded = form.card_choices[:CHOICES_SHOWN], form.card_choices[CHOICES_SHOWN:]
    if chosen in folded:
        folded.remove(chosen)
        shown.append(chosen)
    context |= {"shown": shown, "folded": folded, "chosen": chosen}
    return render(request, "checkout/cards.html", context, status=status)
