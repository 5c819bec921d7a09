"""Pages of a province's supply: the register, open to visitors, and the workspace of a provider's members."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.catalog import actions, register
from marketplace.catalog.models import Offer, Provider
from portal.accounts import permissions
from portal.accounts.decorators import open_to_visitors
from portal.accounts.models import User
from portal.directory.models import OfferIndex
from tenants.models import Province

OFFERS_PER_PAGE = 20


@open_to_visitors
@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/sites.html", {"sites": register.sites(), "now": timezone.now()})


@open_to_visitors
@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100].replace("\0", "")
    province: Province = request.tenant  # type: ignore[attr-defined]
    found = OfferIndex.objects.on_sale().filter(province=province.slug).search(text).with_stock()
    rows = found.select_related("card_model").for_list().order_by(F("on_shelf").desc(), "unit", "price_u", "id")
    page = Paginator(rows, OFFERS_PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    for offer in page.object_list:
        offer.place = offer.place_in(province.name)
    return render(request, "catalog/offers.html", {"page": page, "text": text, "now": timezone.now()})


# Workspace -------------------------------------------------------------------------------------


@require_safe
def workspace(request: HttpRequest) -> HttpResponse:
    provider = provider_of(request)
    shown = {
        "provider": provider,
        "offers": register.offers_of(provider),
        "pools": register.pools_of(provider),
        "may_manage": may_manage(request, provider),
        "now": timezone.now(),
    }
    return render(request, "catalog/workspace.html", shown)


VERBS = {
    "publish": (actions.publish_offer, gettext_lazy("“%(name)s” is on sale now.")),
    "pause": (actions.pause_offer, gettext_lazy("“%(name)s” is paused. Running leases are not affected.")),
    "resume": (actions.resume_offer, gettext_lazy("“%(name)s” is on sale again.")),
}


@require_POST
def change(request: HttpRequest, offer_id: uuid.UUID, verb: str) -> HttpResponse:
    """Publish, pause or resume: acts that can be taken back."""
    offer = managed_offer(request, offer_id)
    if verb not in VERBS:
        raise Http404
    act, sentence = VERBS[verb]
    act(offer, by=request.user)
    messages.success(request, sentence % {"name": offer.name})
    return redirect("catalog:workspace")


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, offer_id: uuid.UUID) -> HttpResponse:
    """Says what withdrawing means, and does it when it is confirmed."""
    offer = managed_offer(request, offer_id)
    if request.method != "POST":
        return render(request, "catalog/withdraw.html", {"offer": offer})
    actions.withdraw_offer(offer, by=request.user)
    messages.success(request, _("“%(name)s” is withdrawn. Running leases are not affected.") % {"name": offer.name})
    return redirect("catalog:workspace")


def provider_of(request: HttpRequest) -> Provider:
    """The provider in this province that the person belongs to, the acting organisation's first; else 404."""
    mine = list(Provider.objects.visible_to(person(request)).select_related("organisation"))
    if not mine:
        raise Http404
    acting = getattr(request.organisation, "pk", None)  # type: ignore[attr-defined]
    return next((one for one in mine if one.organisation_id == acting), mine[0])


def person(request: HttpRequest) -> User:
    """The person signed in; these pages are closed to visitors."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def may_manage(request: HttpRequest, provider: Provider) -> bool:
    return permissions.member_may(request.user, "offers.manage", provider.organisation)


def managed_offer(request: HttpRequest, offer_id: uuid.UUID) -> Offer:
    """The offer, for a member who may manage offers: 404 for strangers, 403 for other members."""
    offers = Offer.objects.visible_to(person(request)).select_related("provider__organisation")
    offer = get_object_or_404(offers, pk=offer_id)
    if not may_manage(request, offer.provider):
        raise PermissionDenied(
            _("Your role in %(organisation)s does not allow changing offers. Nothing was changed.")
            % {"organisation": offer.provider.organisation.name}
        )
    return offer
