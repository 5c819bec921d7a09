"""Step one: configure, with a quote that follows the choices. Nothing is written until the quote is asked for."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.decorators import open_to_visitors
from portal.checkout import actions
from portal.checkout.card_choices import card_choices
from portal.checkout.forms import CardForm
from portal.checkout.views.quoted import Quoted
from tenants.models import Province

CHOICES_SHOWN = 6
"""Card models that stand in the list; the others are folded."""


@open_to_visitors
@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    return _page(request, _form(request, request.GET))


@open_to_visitors
@require_POST
def make_quote(request: HttpRequest) -> HttpResponse:
    form = _form(request, request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    quote = actions.make_quote(form.card_request(), organisation=request.organisation)
    return redirect("checkout:quote", quote.pk)


def _form(request: HttpRequest, asked: object) -> CardForm:
    return CardForm(asked, card_choices(), Province.objects.provinces().open())


def _page(request: HttpRequest, form: CardForm, status: int = 200) -> HttpResponse:
    quoted = Quoted.of(actions.answer(form.card_request())) if form.is_valid() else None
    context = {"form": form, "quoted": quoted}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "checkout/parts/preview.html", context, status=status)
    chosen = form.chosen()
    shown = form.card_choices[:CHOICES_SHOWN]
    folded = form.card_choices[CHOICES_SHOWN:]
    context |= {"shown": shown, "folded": folded, "chosen": chosen, "unfold": chosen in folded}
    return render(request, "checkout/cards.html", context, status=status)
