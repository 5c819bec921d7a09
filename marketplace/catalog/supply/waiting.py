"""What a provider has, and what waits for whom on its way to the first sale and afterwards."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.catalog import counts, occupancy
from marketplace.catalog.models import STANDING, Card, CardState, Offer, OfferState, Provider
from portal.directory.measuring import sold_at_once
from portal.directory.models import Availability

OK, WAIT, OFF = "ok", "wait", "off"


@dataclass(frozen=True)
class Supply:
    """Figures of one provider in this province."""

    sites: int
    pools: int
    cards: int
    """Cards in service."""
    in_use: int
    """Cards that a live lease occupies."""
    maintenance: int
    quarantined: int
    """Cards whose last workspace was not proven removed."""
    offers: dict[str, int]
    """Number of offers by state."""
    priced: int
    """Offers with a price version, not withdrawn."""
    reported_at: datetime | None
    """Latest report of an agent on any pool."""
    silent: int
    """Pools with cards whose agent has counted them once, but not within the last 60 s."""
    uncounted: dict[str, int]
    """Pool → cards in service that its agent has never counted."""
    unsold: int
    """Pools with cards, reported just now, that are not sold: paused, or refused by their agent."""
    by_quote: int
    """Pools with cards, reported just now, that no driver counts and that are therefore sold by quote only."""

    @property
    def free(self) -> int:
        return self.cards - self.in_use

    @property
    def on_sale(self) -> int:
        return self.offers.get(OfferState.PUBLISHED, 0)

    @property
    def drafts(self) -> int:
        return self.offers.get(OfferState.DRAFT, 0)

    @property
    def paused(self) -> int:
        return self.offers.get(OfferState.PAUSED, 0)


def supply_of(provider: Provider) -> Supply:
    """Nine queries, whatever the provider has."""
    pools = list(provider.pools.values_list("pk", flat=True))
    cards = Card.objects.filter(pool__provider=provider).aggregate(
        in_service=Count("pk", filter=Q(state=CardState.IN_SERVICE)),
        in_use=Count("pk", filter=Q(occupancy.occupied(), state=CardState.IN_SERVICE)),
        maintenance=Count("pk", filter=Q(state=CardState.MAINTENANCE)),
        quarantined=Count("pk", filter=Q(state=CardState.QUARANTINED)),
    )
    stale = Q(measured_at__lt=timezone.now() - settings.STOCK_FRESH_FOR)
    fresh = Q(measured_at__gte=timezone.now() - settings.STOCK_FRESH_FOR)
    by_quote = Q(counted=False) & Q(Value(not sold_at_once(counted=False)))
    reports = Availability.objects.filter(pool__in=pools).aggregate(
        at=Max("measured_at"),
        silent=Count("pk", filter=stale & Q(cards__gt=0)),
        unsold=Count("pk", filter=fresh & Q(cards__gt=0, sellable=False) & ~by_quote),
        by_quote=Count("pk", filter=fresh & Q(cards__gt=0) & by_quote),
    )
    offers = provider.offers.order_by()
    return Supply(
        sites=provider.sites.count(),
        pools=len(pools),
        cards=cards["in_service"],
        in_use=cards["in_use"],
        maintenance=cards["maintenance"],
        quarantined=cards["quarantined"],
        offers=dict(offers.annotate(standing=STANDING).values_list("standing").annotate(Count("pk"))),
        priced=offers.exclude(state=OfferState.WITHDRAWN).filter(plans__isnull=False).distinct().count(),
        reported_at=reports["at"],
        silent=reports["silent"],
        uncounted=counts.uncounted(provider),
        unsold=reports["unsold"],
        by_quote=reports["by_quote"],
    )


def waits_for_agent(offer: Offer) -> bool:
    """It is on sale, and nothing can be bought of it until an agent reports its pool."""
    if offer.state != OfferState.PUBLISHED or offer.pool_id is None:
        return False
    return not Availability.objects.fresh().filter(pool=offer.pool_id).exists()


def is_counted(offer: Offer) -> bool:
    """A driver counts the cards of its pool; otherwise they are declared."""
    return offer.pool_id is not None and Availability.objects.filter(pool=offer.pool_id, counted=True).exists()


# The way to the first sale ---------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One line of a checklist; `tone` is ok for done, wait for the next one, off for those not yet reachable."""

    tone: str
    text: str
    note: str = ""
    url: str = ""
    act: str = ""
    """What the link says."""


def steps(provider: Provider, supply: Supply) -> list[Step]:
    """site → pool → cards → price → agent → publish: the first that is missing waits, those after it are off."""
    new_offer = reverse("catalog:draft")
    found = [
        (supply.sites, _("Register a site"), reverse("catalog:add_site"), _("The data centre where the cards stand.")),
        (supply.pools, _("Register a pool"), reverse("catalog:add_pool"), _("Cards of one model at one site.")),
        (
            supply.cards + supply.maintenance + supply.quarantined,
            _("Register cards"),
            reverse("catalog:pools_of_provider"),
            _("Node and serial of each card. Open the pool and add its cards."),
        ),
        (sum(supply.offers.values()), _("Draft an offer"), new_offer, _("What buyers read and how they buy.")),
        (supply.priced, _("Set its price"), _drafts(), _("Open the offer and set the price per unit.")),
        (
            supply.reported_at,
            _("Connect the agent"),
            reverse("activation:agents"),
            _("It runs at your site, counts the cards and sets up what is bought."),
        ),
        (supply.on_sale, _("Publish the offer"), _drafts(), _("From then on buyers of the whole nation find it.")),
    ]
    waits = next((place for place, (done, *_rest) in enumerate(found) if not done), len(found))
    return [
        Step(OK if done else WAIT if place == waits else OFF, text, "" if done else note, "" if done else url, text)
        for place, (done, text, url, note) in enumerate(found)
    ]


def _drafts() -> str:
    return f"{reverse('catalog:offers_of_provider')}?state=draft"


def things(provider: Provider, supply: Supply) -> list[Step]:
    """What waits for the provider beyond the first sale, most urgent first."""
    offers = reverse("catalog:offers_of_provider")
    pools = reverse("catalog:pools_of_provider")
    uncounted = supply.uncounted if supply.reported_at else {}
    counted = [
        (
            supply.silent if supply.reported_at else 0,
            ngettext(
                "%(count)s pool is not sold: its agent has not reported for more than 60 seconds",
                "%(count)s pools are not sold: their agents have not reported for more than 60 seconds",
                supply.silent,
            ),
            pools,
        ),
        (
            sum(uncounted.values()),
            ngettext(
                "%(count)s card cannot be sold, no agent has counted it: %(pools)s",
                "%(count)s cards cannot be sold, no agent has counted them: %(pools)s",
                sum(uncounted.values()),
            ),
            reverse("activation:agents"),
        ),
        (
            supply.unsold,
            ngettext(
                "%(count)s pool is not sold: it is paused, or its agent is paused or reports a fault",
                "%(count)s pools are not sold: they are paused, or their agents are paused or report a fault",
                supply.unsold,
            ),
            pools,
        ),
        (
            supply.by_quote,
            ngettext(
                "%(count)s pool is sold by quote only: no driver counts its cards",
                "%(count)s pools are sold by quote only: no driver counts their cards",
                supply.by_quote,
            ),
            reverse("activation:agents"),
        ),
        (
            supply.quarantined,
            ngettext(
                "%(count)s card is in quarantine: its last workspace was not proven removed",
                "%(count)s cards are in quarantine: their last workspaces were not proven removed",
                supply.quarantined,
            ),
            pools,
        ),
        (
            supply.drafts,
            ngettext("%(count)s draft is not on sale yet", "%(count)s drafts are not on sale yet", supply.drafts),
            f"{offers}?state=draft",
        ),
        (
            supply.paused,
            ngettext("%(count)s offer is paused", "%(count)s offers are paused", supply.paused),
            f"{offers}?state=paused",
        ),
        (
            supply.maintenance,
            ngettext(
                "%(count)s card is under maintenance", "%(count)s cards are under maintenance", supply.maintenance
            ),
            pools,
        ),
    ]
    named = ", ".join(f"{pool} ({cards})" for pool, cards in uncounted.items())
    return [Step(WAIT, text % {"count": count, "pools": named}, url=url) for count, text, url in counted if count]
