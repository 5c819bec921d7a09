"""Who may enter a provider's workspace: its members look, owners and approvers manage, strangers find nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from marketplace.catalog.models import Offer, Pool, Provider, Site
from portal.accounts import permissions
from portal.accounts.models import User
from tenants.acts import Refusal

SUPPLY, OFFERS, AGENTS = "supply.manage", "offers.manage", "agents.manage"
Owned = TypeVar("Owned", Site, Pool, Offer)


def person(request: HttpRequest) -> User:
    """The person signed in; these pages are closed to visitors."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def provider_of(request: HttpRequest) -> Provider:
    """The provider in this province that the person belongs to, the acting organisation's first; else 404."""
    mine = list(Provider.objects.visible_to(person(request)).select_related("organisation"))
    if not mine:
        raise Http404
    acting = getattr(request.organisation, "pk", None)  # type: ignore[attr-defined]
    return next((one for one in mine if one.organisation_id == acting), mine[0])


def may(request: HttpRequest, act: str, provider: Provider) -> bool:
    return permissions.member_may(request.user, act, provider.organisation)


def managed_provider(request: HttpRequest, act: str) -> Provider:
    """The person's provider, if she may act so for it: 404 for strangers, 403 for other members."""
    provider = provider_of(request)
    require_may(request, act, provider)
    return provider


def own(request: HttpRequest, things: "QuerySet[Owned]", pk: Any) -> Owned:
    """A site, pool or offer of a provider the person belongs to, with the provider; else 404."""
    return get_object_or_404(things.visible_to(person(request)).select_related("provider__organisation"), pk=pk)  # type: ignore[attr-defined,no-any-return]


def managed(request: HttpRequest, act: str, things: "QuerySet[Owned]", pk: Any) -> Owned:
    """The same, if she may act so for the provider: 404 for strangers, 403 for other members."""
    thing = own(request, things, pk)
    require_may(request, act, thing.provider)
    return thing


def require_may(request: HttpRequest, act: str, provider: Provider) -> None:
    """403 with a sentence for members without the right."""
    if not may(request, act, provider):
        raise PermissionDenied(
            _(
                "Your role in %(organisation)s shows this, but does not allow changing it. Nothing was changed. "
                "Owners and approvers of the organisation may."
            )
            % {"organisation": provider.organisation.name}
        )


# Answering a form ------------------------------------------------------------------------------

FIELD_OF = {
    "name_taken": "name_zh",
    "pool_missing": "pool",
    "pool_not_sold_so": "pool",
    "base_model_missing": "base_model",
    "offer_on_sale": "mode",
    "serial_taken": "rows",
    "unit_unfit": "unit",
    "price_missing": "price_u",
    "price_zero": "price_u",
    "second_price_zero": "price_out_u",
    "same_price": "price_u",
    "listed": "name",
    "asked": "name",
}
"""The field at which a refusal stands, by its code."""


def answer(
    request: HttpRequest,
    form: BaseForm,
    act: Callable[[], Any],
    *,
    done: Callable[[Any], str],
    to: Callable[[Any], str],
    template: str,
    shown: dict[str, Any],
) -> HttpResponse:
    """Show the form; when it is sent and sound, act, say what was done and go on. A refusal stands in the form."""
    if request.method == "POST" and form.is_valid():
        try:
            made = act()
        except Refusal as refusal:
            field = FIELD_OF.get(refusal.code)
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            messages.success(request, done(made))
            return redirect(to(made))
    return render(request, template, {"form": form, **shown}, status=422 if form.errors else 200)


def text_asked(request: HttpRequest, name: str = "q") -> str:
    """A search word of the address, without what no column holds."""
    return request.GET.get(name, "").strip()[:100].replace("\0", "")
