"""Drafting offers, changing what they say, and prices that fit what they sell."""

from decimal import Decimal

import pytest

from marketplace.catalog import actions
from marketplace.catalog.invariants import findings_in_province
from marketplace.catalog.models import Offer, OfferState
from portal.directory.models import BaseModel, OfferIndex
from tenants.acts import Refusal
from tenants.context import in_province
from tests.marketplace.catalog import supply


@pytest.fixture
def ours(shanxi):
    return supply.offer("shanxi")


@pytest.fixture
def base_model(db):
    facts = {"vendor_zh": "某", "vendor_en": "V", "kind": "base", "domain": "general", "modality": "text"}
    return BaseModel.objects.create(slug="qwen", name_zh="千问", name_en="Qwen", basis="sample", **facts)


def refused(act, *args, **facts) -> str:
    with in_province("shanxi"), pytest.raises(Refusal) as refusal:
        act(*args, **facts)
    return refusal.value.code


def draft(ours, **facts) -> Offer:
    given = {"name_zh": "整机包月", "category": "intelligent", "mode": "instant", "pool": ours.pool, **facts}
    with in_province("shanxi"):
        return actions.draft_offer(ours.provider, **given)


def test_a_draft_is_seen_by_nobody_and_has_a_slug(ours):
    made = draft(ours)
    assert (made.state, made.slug) == (OfferState.DRAFT, f"{ours.pool.slug}-instant")
    assert not OfferIndex.objects.filter(pk=made.pk).exists()


def test_a_drafted_offer_can_be_priced_published_and_found(ours):
    made = draft(ours, min_hours=24, sla_percent=Decimal("99.9"))
    with in_province("shanxi"):
        actions.set_price(made, "server-month", 35_000_000_000)
        actions.publish_offer(made)
        assert list(findings_in_province()) == []
    row = OfferIndex.objects.get(pk=made.pk)
    assert (row.unit, row.price_u, row.min_hours) == ("server-month", 35_000_000_000, 24)


def test_an_offer_on_quotation_needs_no_price_but_a_unit(ours):
    made = draft(ours, mode="quote", name_zh="集群议价")
    assert refused(actions.publish_offer, made) == "no_price"
    with in_province("shanxi"):
        actions.set_price(made, "card-hour", None)
        assert actions.publish_offer(made).state == OfferState.PUBLISHED


def test_a_trial_is_published_with_the_price_that_follows_it(ours):
    made = draft(ours, mode="trial", category="hpc", pool=None, name_zh="超算试用")
    assert refused(actions.set_price, made, "core-hour", None) == "price_missing"
    with in_province("shanxi"):
        actions.set_price(made, "core-hour", 20_000)
        assert actions.publish_offer(made).state == OfferState.PUBLISHED


def test_a_model_service_is_sold_by_tokens_read_and_written(ours, base_model):
    made = draft(ours, category="model-service", pool=None, base_model=base_model, name_zh="千问服务")
    with in_province("shanxi"):
        actions.set_price(made, "million-tokens", 2_000_000, price_out_u=6_000_000)
        actions.publish_offer(made)
    assert OfferIndex.objects.get(pk=made.pk).price_out_u == 6_000_000


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"pool": None}, "pool_missing"),
        ({"category": "storage"}, "pool_not_sold_so"),
        ({"category": "model-service", "pool": None}, "base_model_missing"),
    ],
)
def test_an_offer_names_what_its_category_sells(ours, facts, code):
    given = {"name_zh": "不合适", "category": "intelligent", "mode": "instant", "pool": ours.pool, **facts}
    assert refused(actions.draft_offer, ours.provider, **given) == code
    assert refused(actions.change_offer, draft(ours), **facts) == code


def test_nobody_sells_another_providers_cards(ours):
    theirs = supply.pool(supply.site(supply.provider("shanxi"), "shanxi"), "shanxi")
    given = {"name_zh": "借来的", "category": "intelligent", "mode": "instant", "pool": theirs}
    assert refused(actions.draft_offer, ours.provider, **given) == "other_provider"


def test_two_offers_of_one_provider_share_a_name_only_when_one_is_withdrawn(ours):
    given = {"name_zh": ours.name_zh, "category": "intelligent", "mode": "instant", "pool": ours.pool}
    assert refused(actions.draft_offer, ours.provider, **given) == "name_taken"
    with in_province("shanxi"):
        actions.withdraw_offer(ours)
        assert actions.draft_offer(ours.provider, **given).name_zh == ours.name_zh


def test_the_words_of_a_listed_offer_change_here_and_on_the_national_list(ours):
    with in_province("shanxi"):
        actions.change_offer(ours, summary_zh="新的说明", name_en="New words")
        assert list(findings_in_province()) == []
    row = OfferIndex.objects.get(pk=ours.pk)
    assert (row.summary_zh, row.name_en) == ("新的说明", "New words")


@pytest.mark.parametrize("facts", [{"min_hours": 5}, {"sla_percent": Decimal(99)}, {"mode": "quote"}])
def test_the_terms_of_a_listed_offer_stand(ours, facts):
    assert refused(actions.change_offer, ours, **facts) == "terms_stand"
    with in_province("shanxi"):
        actions.pause_offer(ours)
    assert refused(actions.change_offer, ours, **facts) == "terms_stand"


def test_a_withdrawn_offer_stays_as_it_was(ours):
    with in_province("shanxi"):
        actions.withdraw_offer(ours)
    assert refused(actions.change_offer, ours, name_zh="新") == "withdrawn"


@pytest.mark.parametrize(
    ("unit", "price_u", "price_out_u", "code"),
    [
        ("TB-month", 1, None, "unit_unfit"),
        ("nonsense", 1, None, "unit_unfit"),
        ("card-hour", None, None, "price_missing"),
        ("card-hour", 1, 1, "unit_unfit"),
        ("card-hour", 2_000_000, None, "same_price"),
    ],
)
def test_a_price_fits_what_is_sold(ours, unit, price_u, price_out_u, code):
    with in_province("shanxi"), pytest.raises(Refusal) as refusal:
        actions.set_price(ours, unit, price_u, price_out_u=price_out_u)
    assert refusal.value.code == code
    assert OfferIndex.objects.get(pk=ours.pk).version == 1
