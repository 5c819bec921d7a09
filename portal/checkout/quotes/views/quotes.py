"""Step two: one quote, who may buy it, and the buy itself."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.models import Organisation, OrganisationState
from portal.accounts.permissions import membership_may, require_right
from portal.checkout import actions
from portal.checkout.asked import MemberRequest, is_visitor
from portal.checkout.models import Purchase, Quote
from portal.checkout.quotes.views.quoted import Quoted
from portal.checkout.state_words import said
from portal.ledger.actions import balances
from portal.web.wording import money_exact
from tenants.acts import Refusal


@login_not_required
@require_safe
def quote(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Open to visitors, who have quotes of their own, and private all the same."""
    found = _readable(request, pk)
    if found is None:
        return redirect_to_login(request.get_full_path())
    return _page(request, found)


@require_POST
def buy(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Place the purchase. A quote is bought once: a second press leads to the purchase of the first."""
    found = _readable(request, pk)
    if found is None:
        raise Http404
    membership = require_right(request, "purchase")
    try:
        purchase = actions.place_purchase(found, organisation=membership.organisation, by=request.user)
    except Refusal as refusal:
        bought = Purchase.objects.visible_to(request.user).filter(quote=found).first()
        if bought is None:
            return _page(request, found, refusal)
        purchase = bought
    return redirect("checkout:purchase", purchase.pk)


def _readable(request: MemberRequest, pk: uuid.UUID) -> Quote | None:
    """The quote; a visitor's quote is readable by whoever has its address, an organisation's by its members only.

    None for a visitor who must sign in first; strangers get 404.
    """
    found = Quote.objects.select_related("card_model").filter(pk=pk).first()
    if found is not None and found.organisation_id is None:
        return found
    if is_visitor(request):
        return None
    members_of = {one.organisation_id for one in request.memberships}
    if found is None or found.organisation_id not in members_of:
        raise Http404
    return found


def _page(request: MemberRequest, found: Quote, refusal: Refusal | None = None) -> HttpResponse:
    bought = None
    if request.user.is_authenticated:
        bought = Purchase.objects.visible_to(request.user).filter(quote=found).first()
    context: dict[str, Any] = {
        "quoted": Quoted.of(found),
        "quote": found,
        "refusal": refusal,
        "bought": bought,
        "retry": refusal is not None and refusal.code == "busy",
        "said": said(refusal),
        **_purse(request, found),
    }
    return render(request, "checkout/quote.html", context, status=refusal.status if refusal else 200)


def _purse(request: MemberRequest, found: Quote) -> dict[str, Any]:
    """The acting organisation's money for this quote, and why it cannot buy now, if so."""
    organisation: Organisation | None = request.organisation
    if not request.user.is_authenticated or organisation is None:
        return {"obstacle": "" if not request.user.is_authenticated else "organisation"}
    free_u, _reserved_u = balances(organisation)
    money = {
        "free_u": free_u,
        "after_u": free_u - found.total_u,
        "missing": money_exact(found.total_u - free_u) if free_u < found.total_u else "",
    }
    seen = money if membership_may(request.membership, "wallet.view") else {}
    return {**seen, "obstacle": _obstacle(request, organisation, found, free_u)}


def _obstacle(request: MemberRequest, organisation: Organisation, found: Quote, free_u: int) -> str:
    if not membership_may(request.membership, "purchase"):
        return "role"
    if organisation.state == OrganisationState.SUSPENDED:
        return "suspended"
    if organisation.state != OrganisationState.VERIFIED:
        return "unverified"
    if found.organisation_id not in (None, organisation.pk):
        return "foreign"
    return "money" if free_u < found.total_u else ""
