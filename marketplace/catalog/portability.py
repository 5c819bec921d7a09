"""A provider's supply in this province, for its own export."""

from collections.abc import Iterator

from marketplace.catalog.models import Card, Offer, PlanVersion, Pool, Site
from portal.accounts.models import Organisation
from portal.privacy.portability import Table


def tables_in_province(organisation: Organisation) -> Iterator[Table]:
    own = {"provider__organisation": organisation}
    yield Table("sites", Site.objects.filter(**own), ("slug", "name_zh", "name_en", "city_zh", "racks", "pue"))
    pools = Pool.objects.filter(**own).select_related("site")
    yield Table("pools", pools, ("slug", "site__slug", "card_model_id", "mode", "network", "paused", "paused_by_staff"))
    cards = Card.objects.filter(pool__provider__organisation=organisation).select_related("pool")
    yield Table("cards", cards, ("serial", "pool__slug", "node", "state"))
    offers = Offer.objects.filter(**own).select_related("pool")
    of_offer = ("slug", "name_zh", "name_en", "category", "mode", "pool__slug", "state", "paused_by_staff")
    yield Table("offers", offers, (*of_offer, "published_at"))
    plans = PlanVersion.objects.filter(offer__provider__organisation=organisation).select_related("offer")
    yield Table("prices", plans, ("offer__slug", "version", "unit", "price_u", "price_out_u", "created_at"))
