"""The published ranking rule, step by step, and what is true of every filling (Hypothesis)."""

from dataclasses import replace
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.ranking.filling import CardRequest, Lot, fill
from portal.ranking.reasons import in_both

pytestmark = pytest.mark.usefixtures("english")


def lot(name: int, price_u: int = 100, free: int = 8, **facts) -> Lot:
    return Lot(province=facts.pop("province", "shanxi"), offer=UUID(int=name), pool=UUID(int=name), price_u=price_u,
               free=free, **facts)  # fmt: skip


def ask(cards: int, **limits) -> CardRequest:
    return CardRequest(card_model="x", cards=cards, hours=limits.pop("hours", 2), **limits)


def chosen(request: CardRequest, *lots: Lot, turn: int = 0) -> list[tuple[int, int]]:
    """(name, cards) of each chosen lot, in order."""
    return [(one.lot.pool.int, one.cards) for one in fill(request, lots, turn).chosen]


def reasons(request: CardRequest, *lots: Lot) -> dict[int, str]:
    return {one.lot.pool.int: str(one.reason) for one in fill(request, lots).left_out}


# The steps of the rule ---------------------------------------------------------------------------


def test_the_cheapest_lot_comes_first():
    assert chosen(ask(4), lot(1, 120), lot(2, 100), lot(3, 110)) == [(2, 4)]


def test_a_request_larger_than_any_lot_is_filled_from_several():
    assert chosen(ask(6), lot(1, 100, 4), lot(2, 120, 2), province_of(lot(3, 130, 9), "henan")) == [(1, 4), (2, 2)]


def province_of(one: Lot, province: str) -> Lot:
    return replace(one, province=province)


def test_at_equal_price_as_few_lots_as_possible():
    assert chosen(ask(6), lot(1, 100, 2), lot(2, 100, 4), lot(3, 100, 6)) == [(3, 6)]
    assert chosen(ask(7), lot(1, 100, 2), lot(2, 100, 4), lot(3, 100, 3)) == [(2, 4), (3, 3)]


def test_then_the_lowest_latency_then_green_power_then_the_activation_record():
    assert chosen(ask(4), lot(1, rtt_ms=9.0), lot(2, rtt_ms=5.0)) == [(2, 4)]
    assert chosen(ask(4), lot(1, rtt_ms=5.0, green_share=0.2), lot(2, rtt_ms=5.0, green_share=0.9)) == [(2, 4)]
    assert chosen(ask(4), lot(1, record=0.8), lot(2, record=0.99)) == [(2, 4)]
    assert chosen(ask(4), lot(1), lot(2, rtt_ms=80.0)) == [(2, 4)], "unknown latency ranks last"


def test_lots_equal_in_everything_take_turns():
    lots = [lot(1), lot(2), lot(3)]
    assert {chosen(ask(4), *lots, turn=turn)[0][0] for turn in range(6)} == {1, 2, 3}


def test_two_offers_of_one_pool_count_its_cards_once():
    cheap, dear = lot(1, 100, 4), replace(lot(1, 120, 4), offer=UUID(int=9))
    assert fill(ask(6), [cheap, dear]).chosen == []
    assert [one.lot for one in fill(ask(4), [dear, cheap]).chosen] == [cheap]
    assert reasons(ask(4), dear, cheap) == {1: "The same cards are on offer at a lower price."}


# Hard constraints --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "facts", "reason"),
    [
        ({}, {"fresh": False}, "Its stock was not confirmed within the last 60 s."),
        ({}, {"sellable": False}, "Sales are paused."),
        ({}, {"free": 0}, "No card is free."),
        ({"provinces": ("henan",)}, {}, "Outside the chosen provinces."),
        ({"domestic": True}, {}, "Not a domestic card."),
        ({"hours": 3}, {"min_hours": 4}, "Sold for at least 4 hours."),
        ({"price_u": 99}, {}, "Above the highest price per card-hour."),
        ({"latency_ms": 10}, {"rtt_ms": 12.5}, "Latency 12.5 ms, above the limit of 10 ms."),
        ({"latency_ms": 10}, {}, "Latency unknown."),
        ({"green_share": 0.5}, {"green_share": 0.31}, "Green power 31%, below 50%."),
        ({"green_share": 0.5}, {}, "Green power share unknown."),
    ],
)
def test_a_lot_that_breaks_a_condition_is_left_out_with_the_reason(limits, facts, reason):
    broken = lot(1, **facts)
    assert chosen(ask(1, **limits), broken) == []
    assert reasons(ask(1, **limits), broken) == {1: reason}


def test_a_limit_that_is_just_met_is_met():
    edge = lot(1, rtt_ms=10.0, green_share=0.5, min_hours=2, domestic=True)
    limits = {"latency_ms": 10, "green_share": 0.5, "price_u": 100, "domestic": True, "provinces": ("shanxi",)}
    assert chosen(ask(8, **limits), edge) == [(1, 8)]


def test_one_province_only():
    lots = [lot(1, 100, 4), lot(2, 130, 4), province_of(lot(3, 110, 8), "henan")]
    assert chosen(ask(6), *lots) == [(1, 4), (3, 2)]
    assert chosen(ask(6, spread="province"), *lots) == [(3, 6)]
    assert chosen(ask(9, spread="province"), *lots) == []
    assert reasons(ask(9, spread="province"), *lots)[1] == (
        "Meets the conditions, but no single province has enough free cards."
    )


def test_one_site_only_may_join_the_pools_of_that_site():
    lots = [lot(1, 100, 4, site="east"), lot(2, 130, 4, site="east"), lot(3, 90, 7, site="west")]
    assert chosen(ask(8, spread="site"), *lots) == [(1, 4), (2, 4)]
    assert chosen(ask(7, spread="site"), *lots) == [(3, 7)]


# What is said ------------------------------------------------------------------------------------


def test_lots_that_were_not_needed_say_at_which_step_they_lost():
    lots = [lot(1, 100, 4), lot(2, 150, 8), lot(3, 100, 2), lot(4, 100, 4, rtt_ms=30.0), lot(5, 100, 8, rtt_ms=9.0)]
    found = reasons(ask(4), *lots)
    assert found == {
        1: "Meets the conditions at the same price; a chosen lot has a lower latency.",
        2: "Meets the conditions, but costs ¥0.00005 more per card-hour.",
        3: "Meets the conditions; with its 2 free cards more lots would be needed.",
        4: "Meets the conditions at the same price; a chosen lot has a lower latency.",
    }


def test_every_reason_stands_in_both_languages():
    (one,) = fill(ask(1), [lot(1, sellable=False)]).left_out
    assert in_both(one.reason)["reason_en"] == "Sales are paused."
    assert in_both(one.reason)["reason_zh"] not in ("", "Sales are paused.")


def test_what_cannot_be_filled_says_how_many_could_be_had():
    filling = fill(ask(20), [lot(1, 100, 8), lot(2, 100, 4)])
    assert (filling.chosen, filling.total_u, filling.most) == ([], 0, 12)
    assert fill(ask(20, spread="province"), [lot(1, free=8), province_of(lot(2, free=9), "henan")]).most == 9


# Always ------------------------------------------------------------------------------------------

LOTS = st.lists(
    st.builds(
        lot,
        name=st.integers(1, 30),
        price_u=st.sampled_from([90, 100, 110]),
        free=st.integers(0, 6),
        province=st.sampled_from(["shanxi", "henan"]),
        rtt_ms=st.sampled_from([None, 5.0, 20.0]),
        green_share=st.sampled_from([None, 0.3, 0.9]),
        fresh=st.booleans(),
    ),
    max_size=7,
    unique_by=lambda one: one.pool,
)
REQUESTS = st.builds(
    ask,
    cards=st.integers(1, 14),
    hours=st.integers(1, 5),
    spread=st.sampled_from(["any", "province", "site"]),
    latency_ms=st.sampled_from([None, 10]),
    price_u=st.sampled_from([None, 100]),
)


@settings(deadline=None)
@given(REQUESTS, LOTS, st.integers(0, 99))
def test_a_filling_is_whole_or_empty_and_keeps_every_condition(request, lots, turn):
    filling = fill(request, lots, turn)
    assert sum(one.cards for one in filling.chosen) in (0, request.cards)
    assert {one.lot.pool for one in filling.chosen} | {one.lot.pool for one in filling.left_out} == {
        one.pool for one in lots
    }
    assert len(filling.chosen) + len(filling.left_out) == len(lots)
    for one in filling.chosen:
        assert 0 < one.cards <= one.lot.free
        assert one.lot.fresh
        assert request.price_u is None or one.lot.price_u <= request.price_u
        assert request.latency_ms is None or (one.lot.rtt_ms is not None and one.lot.rtt_ms <= request.latency_ms)
    if request.spread == "province":
        assert len({one.lot.province for one in filling.chosen}) <= 1
    if request.spread == "site":
        assert len(filling.chosen) <= 1
    assert filling.total_u == sum(one.lot.price_u * one.cards for one in filling.chosen) * request.hours


@settings(deadline=None)
@given(REQUESTS, LOTS, st.integers(0, 99))
def test_no_other_choice_of_lots_is_cheaper_or_equally_cheap_with_fewer_lots(request, lots, turn):
    filling = fill(request, lots, turn)
    able = [one for one in lots if reason_free(request, one)]
    best = min((merit for some in subsets(able) if (merit := cost(request, some)) is not None), default=None)
    found = (filling.total_u, len(filling.chosen)) if filling.chosen else None
    assert found == best


def reason_free(request: CardRequest, one: Lot) -> bool:
    return fill(replace(request, cards=1), [one]).chosen != []


def subsets(lots: list[Lot]):
    for size in range(1, len(lots) + 1):
        yield from combinations(lots, size)


def cost(request: CardRequest, some: tuple[Lot, ...]) -> tuple[int, int] | None:
    """Price and number of lots if all of these are used, cheapest first; None if they do not fit."""
    if request.spread == "province" and len({one.province for one in some}) > 1:
        return None
    if request.spread == "site" and len(some) > 1:
        return None
    if sum(one.free for one in some) < request.cards:
        return None
    left, total = request.cards, 0
    for one in sorted(some, key=lambda lot: lot.price_u):
        cards = min(left, one.free)
        total, left = total + cards * one.price_u * request.hours, left - cards
    return total, len(some)
