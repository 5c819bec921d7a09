"""The published ranking rule, version 2, as a pure function: from lots on offer to the lots that fill a request.

Hard constraints first; then the lowest total price, the fewest lots, the lowest latency, the highest green
share, the best activation record; equal lots take turns. No lot can pay for its place, and every lot says why it was
chosen or left out.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portal.ranking import reasons
from portal.ranking.reasons import Reason
from portal.web.wording import money_exact

RULE_VERSION = 2


@dataclass(frozen=True)
class CardRequest:
    """What is asked for. Shares are 0 to 1, latency in ms round trip, price in micro-yuan per card-hour."""

    card_model: str
    cards: int
    hours: int
    provinces: tuple[str, ...] = ()
    spread: str = "any"
    """`any`, `province` (all cards in one province) or `site` (all in one pool)."""
    latency_city: str = ""
    latency_ms: float | None = None
    green_share: float | None = None
    price_u: int | None = None
    domestic: bool = False


@dataclass(frozen=True)
class Lot:
    """The free cards of one offer's pool, with what the rule looks at. `facts` are carried into the quote."""

    province: str
    offer: UUID
    pool: UUID
    price_u: int
    free: int
    fresh: bool = True
    sellable: bool = True
    only_by_quote: bool = False
    """Nobody counted the cards, and they may not be sold at once."""
    closed: Reason | None = None
    """Why the hours asked for do not fit the pool's maintenance and lending windows; None if they do."""
    most_hours: int = 0
    """So many hours would fit, where those asked for do not."""
    min_hours: int = 1
    domestic: bool = False
    site: str = ""
    """Name of the site, unique in its province; empty where each pool is a site of its own."""
    rtt_ms: float | None = None
    green_share: float | None = None
    record: float = 1.0
    """Share of activations that worked the first time, 0 to 1 in whole per cent; the median for providers with few."""
    facts: dict[str, Any] = field(default_factory=dict, compare=False, hash=False)


@dataclass(frozen=True)
class Chosen:
    lot: Lot
    cards: int
    reason: Reason


@dataclass(frozen=True)
class LeftOut:
    lot: Lot
    reason: Reason


@dataclass(frozen=True)
class Filling:
    """`chosen` is empty when the request cannot be filled whole; then `most` says how many cards could be had."""

    chosen: list[Chosen]
    left_out: list[LeftOut]
    total_u: int
    most: int


def fill(request: CardRequest, lots: Iterable[Lot], turn: int = 0) -> Filling:
    """Fill the request whole or not at all. `turn` rotates lots that are equal in everything."""
    able, left_out = _sort_out(request, list(lots))
    able, doubled = _one_offer_each(able)
    left_out += doubled
    groups = _groups(request, able)
    tries = [(group, _take(request.cards, group, turn)) for group in groups]
    whole = [taken for _group, taken in tries if sum(one.cards for one in taken) == request.cards]
    most = max((sum(lot.free for lot in group) for group in groups), default=0)
    if not whole:
        reason = Reason(reasons.NOT_ENOUGH[request.spread])
        return Filling([], left_out + [LeftOut(lot, reason) for lot in able], 0, min(most, request.cards))
    best = min(whole, key=lambda taken: _merit(request, taken))
    used = {one.lot.pool for one in best}
    spare = [LeftOut(lot, _spare(request, lot, best)) for lot in able if lot.pool not in used]
    total = sum(one.lot.price_u * one.cards for one in best) * request.hours
    return Filling(best, left_out + spare, total, request.cards)


def _sort_out(request: CardRequest, lots: list[Lot]) -> tuple[list[Lot], list[LeftOut]]:
    able, left_out = [], []
    for lot in lots:
        reason = next(_objections(request, lot), None)
        if reason is None:
            able.append(lot)
        else:
            left_out.append(LeftOut(lot, reason))
    return able, left_out


def _one_offer_each(lots: list[Lot]) -> tuple[list[Lot], list[LeftOut]]:
    """Two offers may sell the same pool: its cards count once, at the lower price."""
    ordered = sorted(lots, key=lambda lot: (str(lot.pool), lot.price_u, str(lot.offer)))
    cheapest = {lot.pool: lot for lot in reversed(ordered)}
    kept = [lot for lot in lots if cheapest[lot.pool] is lot]
    reason = Reason(_("The same cards are on offer at a lower price."))
    return kept, [LeftOut(lot, reason) for lot in lots if lot not in kept]


def _objections(request: CardRequest, lot: Lot) -> Iterator[Reason]:
    """Hard constraints the lot breaks, in the order in which they are named to the buyer."""
    if not lot.fresh:
        yield Reason(_("Its stock was not confirmed within the last 60 s."))
    if lot.only_by_quote:
        yield Reason(_("Its cards are declared, not measured: they are sold by quote only."))
    if not lot.sellable:
        yield Reason(_("Sales are paused."))
    if lot.closed is not None:
        yield lot.closed
    if lot.free < 1:
        yield Reason(_("No card is free."))
    if request.provinces and lot.province not in request.provinces:
        yield Reason(_("Outside the chosen provinces."))
    if request.domestic and not lot.domestic:
        yield Reason(_("Not a domestic card."))
    if lot.min_hours > request.hours:
        yield Reason(_("Sold for at least %(hours)s hours."), {"hours": lot.min_hours})
    if request.price_u is not None and lot.price_u > request.price_u:
        yield Reason(_("Above the highest price per card-hour."))
    if request.latency_ms is not None and (lot.rtt_ms is None or lot.rtt_ms > request.latency_ms):
        yield reasons.latency(lot.rtt_ms, request.latency_ms)
    if request.green_share is not None and (lot.green_share is None or lot.green_share < request.green_share):
        yield reasons.green(lot.green_share, request.green_share)


def _groups(request: CardRequest, lots: list[Lot]) -> list[list[Lot]]:
    """Sets of lots that may be combined."""
    if request.spread == "any":
        return [lots] if lots else []
    key: Callable[[Lot], tuple[str, ...]] = _province if request.spread == "province" else _site
    return [list(group) for _key, group in groupby(sorted(lots, key=key), key=key)]


def _province(lot: Lot) -> tuple[str, ...]:
    return (lot.province,)


def _site(lot: Lot) -> tuple[str, ...]:
    return (lot.province, lot.site or str(lot.pool))


def _take(wanted: int, lots: list[Lot], turn: int) -> list[Chosen]:
    """Cheapest first; among equal prices as few lots as possible, the last one the best that covers the rest."""
    taken: list[Chosen] = []
    for _price, same in groupby(sorted(lots, key=lambda lot: lot.price_u), key=lambda lot: lot.price_u):
        left = _rotated(list(same), turn)
        while left and wanted:
            covering = [lot for lot in left if lot.free >= wanted]
            lot = (
                min(covering, key=_preference)
                if covering
                else min(left, key=lambda one: (-one.free, *_preference(one)))
            )
            cards = min(wanted, lot.free)
            taken.append(Chosen(lot, cards, reasons.taken(cards, lot.free, first=not taken)))
            wanted -= cards
            left.remove(lot)
    return taken


def _rotated(lots: list[Lot], turn: int) -> list[Lot]:
    """Equal lots take turns: a stable order, begun at a different place for each quote."""
    ordered = sorted(lots, key=lambda lot: str(lot.pool))
    start = turn % len(ordered)
    return ordered[start:] + ordered[:start]


def _preference(lot: Lot) -> tuple[float, float, float]:
    return (lot.rtt_ms if lot.rtt_ms is not None else float("inf"), -(lot.green_share or 0.0), -lot.record)


def _merit(request: CardRequest, taken: list[Chosen]) -> tuple[float, ...]:
    total = sum(one.lot.price_u * one.cards for one in taken)
    latency = max((one.lot.rtt_ms or 0.0 for one in taken), default=0.0)
    green = sum((one.lot.green_share or 0.0) * one.cards for one in taken)
    record = sum(one.lot.record * one.cards for one in taken)
    return (total, len(taken), latency, -green, -record)


def _spare(request: CardRequest, lot: Lot, best: list[Chosen]) -> Reason:
    """Why a lot that meets every condition was not needed: the first step of the rule at which it lost."""
    if request.spread == "province" and lot.province != best[0].lot.province:
        return Reason(_("Meets the conditions; another province fills the request better."))
    if request.spread == "site" and _site(lot) != _site(best[0].lot):
        return Reason(_("Meets the conditions; another site fills the request better."))
    last = max(best, key=lambda one: one.lot.price_u)
    dearer = lot.price_u - last.lot.price_u
    if dearer > 0:
        return Reason(_("Meets the conditions, but costs %(more)s more per card-hour."), {"more": money_exact(dearer)})
    if lot.free < last.cards:
        return Reason(
            _("Meets the conditions; with its %(free)s free cards more lots would be needed."), {"free": lot.free}
        )
    mine, its = _preference(lot), _preference(last.lot)
    if mine[0] > its[0]:
        return Reason(_("Meets the conditions at the same price; a chosen lot has a lower latency."))
    if mine[1] > its[1]:
        return Reason(_("Meets the conditions at the same price; a chosen lot has a higher share of green power."))
    if mine[2] > its[2]:
        return Reason(_("Meets the conditions at the same price; a chosen provider has the better activation record."))
    return Reason(_("Equal to a chosen lot in everything; equal lots take turns, and it was not this one's."))
