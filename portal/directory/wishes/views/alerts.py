"""What a person waits for: offers, or cards of a model, to come into stock."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.directory.models import AlertState, OfferIndex, StockAlert
from portal.directory.wishes.actions import alerting
from portal.directory.wishes.forms import CardsForm
from tenants import hosts
from tenants.acts import Refusal

SHOWN = 50


@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    mine = StockAlert.objects.visible_to(request.user)  # type: ignore[arg-type]  # the page asks for a sign-in
    waiting_first = mine.order_by(F("ended_at").desc(nulls_first=True), "-created_at")
    shown = list(waiting_first.select_related("card_model")[:SHOWN])
    names = {one.slug: one.name for one in hosts.open_provinces()}
    rows = [(alert, [names.get(slug, slug) for slug in alert.provinces]) for alert in shown]
    return render(request, "directory/alerts.html", {"rows": rows, "days": alerting.WAITS_FOR.days})


@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest) -> HttpResponse:
    """For one offer (`?offer=`), or for so many cards of a model."""
    if wanted := request.GET.get("offer"):
        return _wait_for_offer(request, wanted)
    form = CardsForm(request.POST or None, initial=_initial(request), provinces=hosts.open_provinces())
    if request.method == "POST" and form.is_valid():
        try:
            alerting.await_cards(request.user, form.wanted())  # type: ignore[arg-type]  # as above
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return _noted(request)
    shown = {"form": form, "days": alerting.WAITS_FOR.days}
    return render(request, "directory/wait_for_cards.html", shown, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def alert(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Says what is waited for, and cancels it when that is confirmed."""
    mine = StockAlert.objects.visible_to(request.user)  # type: ignore[arg-type]  # as above
    found = get_object_or_404(mine.select_related("card_model"), pk=pk)
    if request.method != "POST":
        return render(request, "directory/alert.html", {"alert": found, "open": found.state == AlertState.OPEN})
    alerting.cancel_alert(found)
    messages.success(request, _("You no longer wait for “%(name)s”.") % {"name": found.name})
    return redirect("directory:alerts")


def _wait_for_offer(request: HttpRequest, wanted: str) -> HttpResponse:
    try:
        found = get_object_or_404(OfferIndex.objects.on_sale().with_stock(), pk=wanted)
    except ValidationError:
        found = get_object_or_404(OfferIndex.objects.none())
    if request.method == "POST":
        alerting.await_offer(request.user, found)  # type: ignore[arg-type]  # as above
        return _noted(request)
    return render(request, "directory/wait_for_offer.html", {"offer": found, "days": alerting.WAITS_FOR.days})


def _noted(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Noted. You get one e-mail as soon as it can be bought."))
    return redirect("directory:alerts")


def _initial(request: HttpRequest) -> dict[str, object]:
    asked = {name: value for name in ("card_model", "cards", "price") if (value := request.GET.get(name))}
    return {"cards": 1, **asked, "provinces": request.GET.getlist("provinces")}
