"""Prices of offers, and putting offers on sale and taking them off."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.catalog.models import UNITS_OF, CardState, Offer, OfferState, PlanVersion, Pool
from marketplace.catalog.offers.indexing import LISTED, RELATED, offer_facts
from marketplace.catalog.supply.actions.pausing import not_twice, only_staff_lift_it
from portal.accounts.models import OrganisationState
from portal.directory.index import actions as directory
from portal.directory.models import Category, PurchaseMode, Unit
from tenants import history
from tenants.acts import Refusal, require


@transaction.atomic
def set_price(
    offer: Offer, unit: str, price_u: int | None, *, price_out_u: int | None = None, by: Any = None
) -> PlanVersion:
    """Add a plan version, which is on sale from now on; live leases keep the version they were sold at.

    Prices in micro-yuan. Raises `Refusal` `withdrawn`, `unit_unfit`, `price_missing`, `price_zero`,
    `second_price_zero` or `same_price`.
    """
    offer = _locked(offer)
    require(offer.state != OfferState.WITHDRAWN, _("This offer was withdrawn. Its price was not changed."), "withdrawn")
    latest = offer.current_plan()
    _sound_price(offer, unit, price_u, price_out_u)
    require(
        latest is None or (latest.unit, latest.price_u, latest.price_out_u) != (unit, price_u, price_out_u),
        _("This is the price on sale already. Nothing was changed."),
        "same_price",
    )
    plan = PlanVersion.objects.create(
        offer=offer,
        version=latest.version + 1 if latest else 1,
        unit=unit,
        price_u=price_u,
        price_out_u=price_out_u,
    )
    if offer.state in LISTED:
        directory.write_offer_index(offer_facts(offer, plan))
    history.record("offer.priced", offer, by=by, version=plan.version, unit=unit, price_u=price_u)
    return plan


@transaction.atomic
def publish_offer(offer: Offer, *, by: Any = None) -> Offer:
    """Put a draft on sale, in the province and on the national list."""
    offer = _locked(offer)
    require(offer.state == OfferState.DRAFT, _not_now(offer), "wrong_state")
    plan = _fit_for_sale(offer)
    offer.move_to(OfferState.PUBLISHED, published_at=timezone.now())
    directory.write_offer_index(offer_facts(offer, plan))
    history.record("offer.published", offer, by=by, version=plan.version)
    return offer


@transaction.atomic
def pause_offer(offer: Offer, *, by: Any = None) -> Offer:
    """Stop new sales; running leases stay."""
    offer = _locked_with_pool(offer)
    require(offer.state == OfferState.PUBLISHED, _not_now(offer), "wrong_state")
    plan = _priced_plan(offer)
    offer.move_to(OfferState.PAUSED)
    directory.write_offer_index(offer_facts(offer, plan))
    history.record("offer.paused", offer, by=by)
    return offer


@transaction.atomic
def resume_offer(offer: Offer, *, by: Any = None) -> Offer:
    """Sell again what the provider paused. Refused while staff have paused it."""
    offer = _locked(offer)
    require(not offer.paused_by_staff, only_staff_lift_it(), "paused_by_staff")
    require(offer.state == OfferState.PAUSED, _not_now(offer), "wrong_state")
    plan = _fit_for_sale(offer)
    offer.move_to(OfferState.PUBLISHED)
    directory.write_offer_index(offer_facts(offer, plan))
    history.record("offer.resumed", offer, by=by)
    return offer


@transaction.atomic
def pause_offer_as_staff(offer: Offer, *, by: Any = None) -> Offer:
    """Stop new sales until staff lift it; the state, which is the provider's, stays as it is."""
    return _set_paused_by_staff(_locked_with_pool(offer), True, "offer.paused", by=by)


@transaction.atomic
def resume_offer_as_staff(offer: Offer, *, by: Any = None) -> Offer:
    return _set_paused_by_staff(_locked(offer), False, "offer.resumed", by=by)


def _set_paused_by_staff(offer: Offer, paused: bool, act: str, *, by: Any) -> Offer:
    require(offer.state in LISTED, _not_now(offer), "wrong_state")
    require(offer.paused_by_staff != paused, not_twice(paused), "wrong_state")
    offer.paused_by_staff = paused
    offer.save(update_fields=["paused_by_staff"])
    directory.write_offer_index(offer_facts(offer, _priced_plan(offer)))
    history.record(act, offer, by=by, staff=True)
    return offer


@transaction.atomic
def withdraw_offer(offer: Offer, *, by: Any = None) -> Offer:
    """Take the offer off for good; running leases stay."""
    offer = _locked_with_pool(offer)
    require(offer.moves.allows(offer.state, OfferState.WITHDRAWN), _not_now(offer), "wrong_state")
    offer.move_to(OfferState.WITHDRAWN)
    directory.remove_offer_index(offer.pk)
    history.record("offer.withdrawn", offer, by=by)
    return offer


def _locked(offer: Offer) -> Offer:
    """The offer, locked first and read afterwards: whoever changed its site a moment ago is seen."""
    Offer.objects.select_for_update(of=("self",)).only("pk").get(pk=offer.pk)
    return Offer.objects.select_related(*RELATED).get(pk=offer.pk)


def _locked_with_pool(offer: Offer) -> Offer:
    """No purchase that found the offer on sale is still under way."""
    list(Pool.objects.filter(offers=offer).locked())
    return _locked(offer)


def _sound_price(offer: Offer, unit: str, price_u: int | None, price_out_u: int | None) -> None:
    units = UNITS_OF[Category(offer.category)]
    require(
        unit in units and (unit != Unit.CARD_HOUR or offer.pool_id is not None),
        _("This kind of offer is not priced per %(unit)s. The price was not changed.")
        % {"unit": dict(Unit.choices).get(unit, unit)},
        "unit_unfit",
    )
    require(
        price_u is not None or offer.may_cost(price_u),
        _("Only an offer on quotation goes without a price. The price was not changed."),
        "price_missing",
    )
    costs_nothing = _("Only a trial costs nothing; other prices are more than zero. The price was not saved.")
    require(offer.may_cost(price_u), costs_nothing, "price_zero")
    require(price_out_u is None or offer.may_cost(price_out_u), costs_nothing, "second_price_zero")
    require(
        price_out_u is None or unit == Unit.MILLION_TOKENS,
        _("Only tokens have a second price. The price was not changed."),
        "unit_unfit",
    )


def _fit_for_sale(offer: Offer) -> PlanVersion:
    """The plan on sale, if the offer may be sold: verified provider, priced plan, real cards in service."""
    require(
        offer.provider.organisation.state != OrganisationState.SUSPENDED,
        _("The provider is suspended. The offer is not on sale."),
        "provider_suspended",
    )
    require(
        offer.provider.organisation.state == OrganisationState.VERIFIED,
        _("The provider is not verified. The offer is not on sale."),
        "provider_not_verified",
    )
    plan = _priced_plan(offer)
    require(
        offer.may_cost(plan.price_u),
        _("The price is zero, and only a trial costs nothing. The offer is not on sale; set another price."),
        "price_zero",
    )
    require(
        offer.pool is None or offer.pool.cards.filter(state=CardState.IN_SERVICE).exists(),
        _("The offer's pool has no card in service. It is not on sale."),
        "no_cards",
    )
    return plan


def _priced_plan(offer: Offer) -> PlanVersion:
    plan = offer.current_plan()
    if plan is None or (plan.price_u is None and offer.mode != PurchaseMode.QUOTE):
        raise Refusal(_("The offer has no price. It is not on sale."), "no_price")
    return plan


def _not_now(offer: Offer) -> str:
    return _("This offer is “%(state)s” now. Nothing was changed.") % {"state": offer.get_state_display()}
