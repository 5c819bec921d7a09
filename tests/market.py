"""A small market for tests: providers with cards on sale in Shanxi and Henan, and buyers with money."""

from dataclasses import dataclass
from itertools import count

from django.utils import timezone

from marketplace.activation.models import Agent, CapacityReport
from marketplace.catalog import actions as catalog
from marketplace.catalog.models import Card, Offer, Pool, Provider
from portal.accounts.models import Organisation, User
from portal.accounts.roles import MembershipRole
from portal.checkout.actions import make_quote
from portal.checkout.models import Quote
from portal.directory.index.actions import refresh_availability
from portal.directory.models import CardModel, Category, PurchaseMode, Unit
from portal.ledger.actions import record_top_up
from portal.ranking.filling import CardRequest
from tenants.context import in_province
from tests.portal.accounts.people import member, organisation

YUAN = 1_000_000
CARD = "ascend-910b3"
_number = count(1)


@dataclass(frozen=True)
class Buyer:
    organisation: Organisation
    user: User


@dataclass(frozen=True)
class OnSale:
    """One pool on sale."""

    province: str
    provider: Provider
    pool: Pool
    offer: Offer

    def free(self) -> int:
        from marketplace.orders.stock import free_cards

        with in_province(self.province):
            return free_cards([self.pool.pk]).get(self.pool.pk, 0)


def buyer(yuan: int = 10_000, *, name: str = "", role: str = MembershipRole.BUYER) -> Buyer:
    """A verified organisation with money and one person who may buy for it."""
    name = name or f"buyer-{next(_number)}"
    user, made = somebody(name), organisation(name)
    member(user, made, role)
    if yuan:
        fund(made, yuan * YUAN)
    return Buyer(made, user)


def somebody(name: str) -> User:
    """A person who does not sign in: making a password costs a tenth of a second."""
    return User.objects.create_user(f"{name}@example.test", None, name=name)


def fund(organisation: Organisation, amount_u: int) -> None:
    record_top_up(organisation, amount_u, f"transfer-{next(_number)}", by=somebody(f"finance-{next(_number)}"))


def card_model(slug: str = CARD, **facts: object) -> CardModel:
    known = {
        "vendor_zh": "华为",
        "vendor_en": "Huawei",
        "name_zh": "昇腾 910B3" if slug == CARD else slug,
        "name_en": "Ascend 910B3" if slug == CARD else slug,
        "card_class": "training",
        "domestic": True,
        "basis": "sample",
    }
    return CardModel.objects.get_or_create(slug=slug, defaults={**known, **facts})[0]


def on_sale(
    province: str,
    cards: int = 8,
    *,
    price_u: int = 2 * YUAN,
    card: str = CARD,
    provider: Provider | None = None,
    min_hours: int = 1,
    **site: object,
) -> OnSale:
    """A pool of free cards, on sale by the card-hour, that its agent has just reported."""
    model, number = card_model(card), next(_number)
    with in_province(province):
        if provider is None:
            seller = organisation(f"算力服务商 {number}")
            provider = catalog.add_provider(seller, slug=f"provider-{number}", short_zh=f"服务商 {number}")
        place = catalog.add_site(provider, slug=f"site-{number}", name_zh=f"机房 {number}", city_zh="太原", **site)
        pool = catalog.add_pool(place, slug=f"pool-{number}", card_model=model, mode="discrete")
        catalog.add_cards(pool, catalog.numbered([(f"node-{number}", cards)]))
        offer = Offer.objects.create(
            provider=provider,
            slug=f"offer-{number}",
            name_zh=f"散卡 {number}",
            category=Category.INTELLIGENT,
            mode=PurchaseMode.INSTANT,
            pool=pool,
            min_hours=min_hours,
        )
        catalog.set_price(offer, Unit.CARD_HOUR, price_u)
        offer = catalog.publish_offer(offer)
        lot = OnSale(province, provider, pool, offer)
    report(lot)
    return lot


def report(lot: OnSale, *, faulty: tuple[str, ...] = (), sellable: bool = True) -> Agent:
    """The agent of the pool says how many cards it has, now."""
    now = timezone.now()
    with in_province(lot.province):
        agent, _made = Agent.objects.get_or_create(
            key_id=f"{lot.province}.{lot.provider.pk.hex[:24]}",
            defaults={"provider": lot.provider, "name": lot.provider.slug, "public_key": b"k" * 32},
        )
        Agent.objects.filter(pk=agent.pk).update(reported_at=now)
        cards = Card.objects.filter(pool=lot.pool).count()
        CapacityReport.objects.update_or_create(
            pool=lot.pool, defaults={"agent": agent, "cards": cards, "faulty": list(faulty), "reported_at": now}
        )
        free = min(lot.free(), cards - len(faulty))
        refresh_availability(lot.province, lot.pool.pk, cards=cards, free=free, measured_at=now, sellable=sellable)
    return agent


def quote_for(who: Buyer | None, cards: int, hours: int = 2, **limits: object) -> Quote:
    request = CardRequest(card_model=str(limits.pop("card", CARD)), cards=cards, hours=hours, **limits)
    return make_quote(request, organisation=who.organisation if who else None)
