"""A provider's offers: the list, drafting and changing one, its page with prices, putting it on sale and off."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.catalog import actions
from marketplace.catalog.access import (
    OFFERS,
    answer,
    managed,
    managed_provider,
    may,
    own,
    person,
    provider_of,
    text_asked,
)
from marketplace.catalog.forms import OfferForm, PriceForm, form_for
from marketplace.catalog.models import Offer, OfferState
from marketplace.catalog.offers import pricing
from marketplace.catalog.supply import register, waiting
from tenants import history

OFFERS_PER_PAGE = 50
RELATED = ("pool__site", "pool__card_model", "base_model", "provider__organisation")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    provider = provider_of(request)
    text, state = text_asked(request), request.GET.get("state", "")
    state = state if state in OfferState.values else ""
    page = Paginator(register.offers_listed(provider, text, state), OFFERS_PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = register.add_plans(page.object_list)
    shown = {
        "provider": provider,
        "page": page,
        "text": text,
        "state": state,
        "states": OfferState.choices,
        "may_manage": may(request, OFFERS, provider),
    }
    return render(request, "catalog/workspace/offers.html", shown)


@require_safe
def show(request: HttpRequest, offer_id: uuid.UUID) -> HttpResponse:
    offer = own(request, Offer.objects.select_related(*RELATED).prefetch_related("plans"), offer_id)
    plans = pricing.versions(offer)
    shown = {
        "provider": offer.provider,
        "offer": offer,
        "plans": plans,
        "plan": plans[0] if plans else None,
        "waits_for_agent": waiting.waits_for_agent(offer),
        "counted": waiting.is_counted(offer),
        "missing": pricing.missing_for_sale(offer, plans),
        "row": pricing.as_listed(offer),
        "pause_reason": history.reason_of("offer.paused", offer) if offer.paused_by_staff else "",
        "may_manage": may(request, OFFERS, offer.provider),
        "now": timezone.now(),
    }
    return render(request, "catalog/workspace/offer.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    provider = managed_provider(request, OFFERS)
    form = OfferForm(request.POST or None, provider=provider, initial={"pool": request.GET.get("pool", "")})
    return answer(
        request,
        form,
        lambda: actions.draft_offer(provider, by=person(request), **form.cleaned_data),
        done=lambda offer: _("“%(name)s” is drafted. Nobody sees it yet; next, set its price.") % {"name": offer.name},
        to=lambda offer: reverse("catalog:price", args=[offer.pk]),
        template="catalog/workspace/offer_form.html",
        shown={"provider": provider},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, offer_id: uuid.UUID) -> HttpResponse:
    """All of a draft; of a listed offer its words only."""
    offer = managed(request, OFFERS, Offer.objects.select_related(*RELATED), offer_id)
    kind = form_for(offer)
    more: dict[str, Any] = {"provider": offer.provider} if kind is OfferForm else {}
    form = kind(request.POST or None, initial=kind.of(offer), **more)
    return answer(
        request,
        form,
        lambda: actions.change_offer(offer, by=person(request), **form.cleaned_data),
        done=lambda changed: _("“%(name)s” is saved.") % {"name": changed.name},
        to=lambda changed: reverse("catalog:offer", args=[changed.pk]),
        template="catalog/workspace/offer_form.html",
        shown={"provider": offer.provider, "offer": offer},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def price(request: HttpRequest, offer_id: uuid.UUID) -> HttpResponse:
    """A new price version. For a listed offer what it changes for buyers is shown first, then it is confirmed."""
    offer = managed(request, OFFERS, Offer.objects.select_related(*RELATED), offer_id)
    plans = pricing.versions(offer)
    form = PriceForm(request.POST or None, offer=offer, initial=pricing.initial(offer, plans))
    shown = {"provider": offer.provider, "offer": offer, "plan": plans[0] if plans else None}
    listed = offer.state in (OfferState.PUBLISHED, OfferState.PAUSED)
    if request.method == "POST" and listed and "confirmed" not in request.POST and form.is_valid():
        shown["change"] = pricing.change(plans[0], **form.cleaned_data)
        return render(request, "catalog/workspace/price.html", {"form": form, **shown})
    return answer(
        request,
        form,
        lambda: actions.set_price(offer, by=person(request), **form.cleaned_data),
        done=lambda plan: _("Price version %(version)s stands from now on.") % {"version": plan.version},
        to=lambda _plan: reverse("catalog:offer", args=[offer.pk]),
        template="catalog/workspace/price.html",
        shown=shown,
    )


# On sale and off -------------------------------------------------------------------------------

VERBS = {
    "publish": (actions.publish_offer, gettext_lazy("“%(name)s” is on sale now.")),
    "pause": (actions.pause_offer, gettext_lazy("“%(name)s” is paused. Running leases are not affected.")),
    "resume": (actions.resume_offer, gettext_lazy("“%(name)s” is on sale again.")),
}


@require_POST
def change(request: HttpRequest, offer_id: uuid.UUID, verb: str) -> HttpResponse:
    """Publish, pause or resume: acts that can be taken back."""
    offer = managed(request, OFFERS, Offer.objects.all(), offer_id)
    if verb not in VERBS:
        raise Http404
    act, sentence = VERBS[verb]
    act(offer, by=person(request))
    messages.success(request, sentence % {"name": offer.name})
    return redirect("catalog:offer", offer.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, offer_id: uuid.UUID) -> HttpResponse:
    """Says what withdrawing means, and does it when it is confirmed."""
    offer = managed(request, OFFERS, Offer.objects.all(), offer_id)
    if request.method != "POST":
        return render(request, "catalog/withdraw.html", {"offer": offer})
    actions.withdraw_offer(offer, by=person(request))
    messages.success(request, _("“%(name)s” is withdrawn. Running leases are not affected.") % {"name": offer.name})
    return redirect("catalog:offer", offer.pk)
