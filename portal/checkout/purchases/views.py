"""Step three and after: the purchases of an organisation, and one of them with its lanes, access, meter and end."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from marketplace.activation.fulfilment import credentials
from marketplace.orders import actions as orders
from marketplace.settlement import actions as settlement
from portal.accounts.models import Membership
from portal.accounts.permissions import membership_may
from portal.checkout import state_words
from portal.checkout.asked import MemberRequest
from portal.checkout.forms import EndForm, query_of
from portal.checkout.models import Purchase
from portal.checkout.purchases.following import Followed, Followings, ProvinceOrder, follow
from portal.checkout.purchases.lanes import lanes_of, rods_of
from portal.checkout.purchases.trail import trail_of
from portal.checkout.quotes import offering
from portal.directory.models import OrderIndex
from portal.web.wording import named
from tenants.acts import Refusal
from tenants.context import in_province

PER_PAGE = 20


@require_safe
def purchases(request: MemberRequest) -> HttpResponse:
    """Those of the acting organisation, newest first; five queries whatever their number."""
    mine = Purchase.objects.visible_to(request.user).filter(organisation=request.organisation)
    page = Paginator(mine.select_related("quote__card_model"), PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    states: dict[uuid.UUID, list[str]] = {row.pk: [] for row in rows}
    for index in OrderIndex.objects.filter(purchase_id__in=states):
        states[index.purchase_id].append(index.state)
    listed = [(row, *state_words.purchase_state(states[row.pk]), _places(row)) for row in rows]
    return render(request, "checkout/purchases.html", {"page": page, "listed": listed})


def _places(purchase: Purchase) -> str:
    return state_words.listing(named(line, "province") for line in purchase.quote.lines)


@require_safe
@never_cache
def purchase(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    return _page(request, follow(_mine(request, pk)))


@require_safe
@never_cache
def lanes(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What the page asks every two seconds while something moves: nothing, if nothing did."""
    followed = follow(_mine(request, pk))
    if request.GET.get("was") == followed.digest:
        return HttpResponse(status=204)
    return render(request, "checkout/parts/follow.html", _context(request, followed) | {"partial": True})


@require_safe
@never_cache
def meter(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The running meter alone; if the state has changed meanwhile, the whole page is asked for again."""
    followed = follow(_mine(request, pk))
    if request.GET.get("was") != followed.digest:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "checkout/parts/meter.html", {"followed": followed})


@require_POST
def end(request: MemberRequest, pk: uuid.UUID, province: str, number: str) -> HttpResponse:
    """End a running order, or cancel one that is still being activated."""
    followed = follow(_mine(request, pk))
    order = _order(followed, province, number)
    _require(request, followed, "orders.end")
    form = EndForm(request.POST)
    if order.endable and not form.is_valid():
        return _page(request, followed, status=422, unconfirmed=order.order.pk)
    try:
        with in_province(order.province):
            act = orders.cancel_order if order.cancellable else settlement.end_order
            act(order.order, by=request.user)
    except Refusal as refusal:
        return _page(request, follow(followed.purchase), status=refusal.status, refusal=refusal)
    return redirect("checkout:purchase", pk)


@never_cache
def access(request: MemberRequest, pk: uuid.UUID, province: str, number: str, line: uuid.UUID) -> HttpResponse:
    """POST shows the secret for 30 seconds and leaves a record; GET is the masked row again."""
    followed = follow(_mine(request, pk))
    order = _order(followed, province, number)
    lot = next((one for one in order.lots if one.line.pk == line), None)
    if lot is None:
        raise Http404
    _require(request, followed, "credentials.view")
    if request.method != "POST":
        return _row(request, followed, lot, None) if request.htmx else redirect("checkout:purchase", pk)
    try:
        if lot.resource is None:
            raise Refusal(_("There is no working resource here, so there is no access to show."), "not_ready")
        with in_province(order.province):
            shown = credentials.show_credentials(lot.resource, by=request.user)
    except Refusal as refusal:
        return _page(request, followed, status=refusal.status, refusal=refusal)
    if request.htmx:
        return _row(request, followed, lot, shown)
    lot.shown = shown
    response = _page(request, followed)
    response.headers["Refresh"] = f"30; url={reverse('checkout:purchase', args=[pk])}"
    return response


def _row(request: MemberRequest, followed: Followings, lot: Followed, shown: Any) -> HttpResponse:
    context = {"followed": followed, "lot": lot, "shown": shown, "may_look": True}
    return render(request, "checkout/parts/access_row.html", context)


def _mine(request: MemberRequest, pk: uuid.UUID) -> Purchase:
    found = Purchase.objects.visible_to(request.user).select_related(
        "quote__card_model", "organisation", "requested_by", "key"
    )
    return get_object_or_404(found, pk=pk)


def _order(followed: Followings, province: str, number: str) -> ProvinceOrder:
    for order in followed.orders:
        if (order.province.slug, order.order.number) == (province, number):
            return order
    raise Http404


def _membership(request: MemberRequest, followed: Followings) -> Membership | None:
    """By what right the person is here: her membership in the purchase's organisation, acting or not."""
    owner = followed.purchase.organisation_id
    return next((one for one in request.memberships if one.organisation_id == owner), None)


def _require(request: MemberRequest, followed: Followings, act: str) -> None:
    membership = _membership(request, followed)
    if not membership_may(membership, act):
        raise PermissionDenied(
            _("Your role in %(organisation)s does not allow this. Nothing was changed.")
            % {"organisation": followed.purchase.organisation.name}
        )


def _context(request: MemberRequest, followed: Followings) -> dict[str, Any]:
    membership = _membership(request, followed)
    for order in followed.failed:
        order.query = query_of(offering.request_of(followed.purchase.quote), cards=order.cards)
    return {
        "followed": followed,
        "purchase": followed.purchase,
        "quote": followed.purchase.quote,
        "pill": followed.pill,
        "lanes": lanes_of(followed),
        "rods": rods_of(followed),
        "trail": trail_of(followed),
        "may_end": membership_may(membership, "orders.end"),
        "may_look": membership_may(membership, "credentials.view"),
    }


def _page(request: MemberRequest, followed: Followings, status: int = 200, **more: Any) -> HttpResponse:
    context = _context(request, followed) | more | {"said": state_words.said(more.get("refusal"))}
    return render(request, "checkout/purchase.html", context, status=status)
