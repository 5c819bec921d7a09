"""Supply for tests: a card model, and in a province a provider with a site, a pool of cards and an offer."""

from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from marketplace.catalog import actions
from marketplace.catalog.models import Offer, Pool, Provider, Site
from portal.accounts.models import Organisation
from portal.directory.index.actions import refresh_availability
from portal.directory.models import CardModel, PurchaseMode, Unit
from tenants.context import current_province, in_province
from tests.portal.accounts import people

_number = count(1)


def card_model(slug: str = "ascend-910b3", **facts: Any) -> CardModel:
    given = {
        "vendor_zh": "华为",
        "vendor_en": "Huawei",
        "name_zh": "昇腾 910B3" if slug == "ascend-910b3" else slug,
        "name_en": "Ascend 910B3" if slug == "ascend-910b3" else slug,
        "memory_gb": 64,
        "fp16_dense_tflops": 313,
        "card_class": "train-large",
        "domestic": True,
        "basis": "cited",
        **facts,
    }
    return CardModel.objects.get_or_create(slug=slug, defaults=given)[0]


def provider(province: str, organisation: Organisation | None = None, **facts: Any) -> Provider:
    number = next(_number)
    organisation = organisation or people.organisation(f"第{number}算力公司")
    with in_province(province):
        return actions.add_provider(organisation, slug=f"{province}-p{number}", short_zh=f"第{number}", **facts)


def site(of: Provider, province: str, **facts: Any) -> Site:
    given = {"name_zh": "云冈数据中心", "name_en": "Yungang Data Centre", "city_zh": "大同", "city_en": "Datong"}
    with in_province(province):
        return actions.add_site(of, slug=f"{of.slug}-s{next(_number)}", **{**given, "green_share": "0.52", **facts})


def pool(of: Site, province: str, cards: int = 8, model: CardModel | None = None, **facts: Any) -> Pool:
    with in_province(province):
        slug = f"{of.slug}-d{next(_number)}"
        made = actions.add_pool(of, slug=slug, card_model=model or card_model(), mode="discrete", **facts)
        if cards:
            actions.add_cards(made, actions.numbered([(f"{slug}-n001", cards)]))
        return made


def draft(of: Provider, province: str, pool: Pool | None, price_u: int | None = 2_000_000, **facts: Any) -> Offer:
    number = next(_number)
    given = {
        "slug": f"draft-{number}",
        "name_zh": f"昇腾散卡{number}",
        "name_en": f"Ascend cards {number}",
        "category": "intelligent",
        "mode": PurchaseMode.INSTANT,
        **facts,
    }
    with in_province(province):
        made = Offer.objects.create(provider=of, pool=pool, **given)
        if price_u is not None:
            actions.set_price(made, Unit.CARD_HOUR, price_u)
        return made


def offer(province: str, cards: int = 8, price_u: int = 2_000_000, *, measured: bool = True, **facts: Any) -> Offer:
    """An offer on sale with everything below it; `measured` as if its agent had just counted the cards."""
    of = provider(province, facts.pop("organisation", None))
    model = facts.pop("model", None)
    cards_of = pool(site(of, province), province, cards, model)
    with in_province(province):
        made = actions.publish_offer(draft(of, province, cards_of, price_u, **facts))
        if measured:
            counted(cards_of, cards, cards)
        return made


def counted(of: Pool, cards: int, free: int, *, seconds_ago: int = 0, sellable: bool = True) -> None:
    """As an agent's report leaves it; in the province of the connection."""
    at = timezone.now() - timedelta(seconds=seconds_ago)
    refresh_availability(current_province(), of.pk, cards=cards, free=free, measured_at=at, sellable=sellable)
