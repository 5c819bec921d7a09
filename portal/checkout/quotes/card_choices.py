"""The card models on sale by the card-hour: lowest price, free stock and its time, for the first step of a purchase."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from portal.directory.models import Availability, CardModel, OfferIndex


@dataclass
class CardChoice:
    model: CardModel
    price_u: int
    """Lowest micro-yuan per card-hour of all offers on sale."""
    cards: int = 0
    """Cards in service in all pools: the order of the list, which does not jump with every sale."""
    free: int = 0
    """Free cards in pools that were counted within the last 60 s and may be sold."""
    measured_at: datetime | None = None
    """Latest count of any of its pools."""


def card_choices() -> list[CardChoice]:
    """One choice per card model that an instant offer sells, largest supply first; two queries."""
    offers = OfferIndex.objects.on_sale().orderable().select_related("card_model").only("pool", "price_u", "card_model")
    choices: dict[str, CardChoice] = {}
    of_pool: dict[object, str] = {}
    for offer in offers:
        model, price_u = offer.card_model, offer.price_u
        if model is None or price_u is None:
            continue
        slug = model.slug
        choice = choices.setdefault(slug, CardChoice(model, price_u))
        choice.price_u = min(choice.price_u, price_u)
        of_pool[offer.pool] = slug  # two offers may sell from one pool; its cards count once
    for stock in Availability.objects.filter(pool__in=[pool for pool in of_pool if pool]):
        _count(choices[of_pool[stock.pool]], stock)
    return sorted(choices.values(), key=lambda choice: (-choice.cards, choice.model.slug))


def _count(choice: CardChoice, stock: Availability) -> None:
    choice.cards += stock.cards
    if stock.measured_at is None:
        return
    choice.measured_at = max(choice.measured_at or stock.measured_at, stock.measured_at)
    if stock.sellable and stock.measured_at >= timezone.now() - settings.STOCK_FRESH_FOR:
        choice.free += stock.free
