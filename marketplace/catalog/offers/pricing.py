"""What pages say of an offer's prices: its versions, what a new one changes for buyers, how the list shows it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from marketplace.catalog import occupancy
from marketplace.catalog.models import CardState, Offer, PlanVersion
from marketplace.catalog.offers.indexing import offer_facts
from portal.accounts.models import OrganisationState
from portal.directory.models import OfferIndex, Unit

EXAMPLE_CARDS, EXAMPLE_HOURS = 8, 24


def versions(offer: Offer) -> list[Any]:
    """The price versions, newest first, each with `leases`, the live leases that keep it."""
    plans: list[Any] = sorted(offer.plans.all(), key=lambda plan: -plan.version)
    kept = occupancy.leases_of_plans(plan.pk for plan in plans)
    for plan in plans:
        plan.leases = kept.get(plan.pk, 0)
    return plans


def initial(offer: Offer, plans: list[PlanVersion]) -> dict[str, Any]:
    """What the price form begins with: the unit on sale; prices are typed anew."""
    return {"unit": plans[0].unit} if plans else {}


@dataclass(frozen=True)
class Change:
    """A new price beside the one on sale, in micro-yuan."""

    old: PlanVersion
    leases: int
    """Live leases that keep the price on sale until now."""
    unit_name: str
    price_u: int | None
    price_out_u: int | None
    per_cent: float | None
    """Change of the price; empty if the unit changes or there is nothing to compare."""
    example_old_u: int | None
    """What eight cards for a day cost now, for prices per card-hour."""
    example_new_u: int | None


def change(plan: Any, *, unit: str, price_u: int | None, price_out_u: int | None = None) -> Change:
    """What the price would change for buyers; `plan` is the version on sale, with `leases`."""
    comparable = unit == plan.unit and plan.price_u and price_u is not None
    example = comparable and unit == Unit.CARD_HOUR
    hours = EXAMPLE_CARDS * EXAMPLE_HOURS
    return Change(
        old=plan,
        leases=plan.leases,
        unit_name=str(Unit(unit).label),
        price_u=price_u,
        price_out_u=price_out_u,
        per_cent=(price_u - plan.price_u) / plan.price_u * 100 if comparable else None,  # type: ignore[operator]
        example_old_u=plan.price_u * hours if example else None,
        example_new_u=price_u * hours if example else None,  # type: ignore[operator]
    )


def missing_for_sale(offer: Offer, plans: list[PlanVersion]) -> list[str]:
    """What publishing still needs, in words; the act itself decides (`publish_offer`)."""
    missing = []
    if offer.provider.organisation.state == OrganisationState.SUSPENDED:
        missing.append(_("the end of your organisation's suspension"))
    elif offer.provider.organisation.state != OrganisationState.VERIFIED:
        missing.append(_("the verification of your organisation by national staff"))
    if not plans or not offer.may_cost(plans[0].price_u):
        missing.append(_("a price"))
    if offer.pool is not None and not offer.pool.cards.filter(state=CardState.IN_SERVICE).exists():
        missing.append(_("a card in service in its pool"))
    return missing


def as_listed(offer: Offer) -> OfferIndex | None:
    """The row buyers see, or would see: made now, not written; None without a price."""
    plan = offer.current_plan()
    return None if plan is None else offer_facts(offer, plan).row()
