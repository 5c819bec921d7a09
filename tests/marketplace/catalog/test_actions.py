"""Publishing, pricing, pausing and withdrawing offers, and what the nation sees of it."""

import pytest
from django.db import ProgrammingError, transaction

from marketplace.catalog import actions
from marketplace.catalog.invariants import findings_in_province
from marketplace.catalog.models import Card, CardState, Offer, OfferState, PlanVersion
from portal.accounts.models import OrganisationState
from portal.directory.models import Availability, BaseModel, OfferIndex, PurchaseMode
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests.marketplace.catalog import supply
from tests.portal.accounts import people


@pytest.fixture
def ours(shanxi):
    """A provider of Shanxi with eight cards, and an offer that is still a draft."""
    provider = supply.provider("shanxi")
    pool = supply.pool(supply.site(provider, "shanxi"), "shanxi")
    return supply.draft(provider, "shanxi", pool)


def listed(offer: Offer) -> OfferIndex | None:
    return OfferIndex.objects.filter(pk=offer.pk).first()


def refused(act, *args) -> str:
    with in_province("shanxi"), pytest.raises(Refusal) as refusal:
        act(*args)
    return refusal.value.code


def test_a_published_offer_is_on_the_national_list_with_its_facts(ours):
    with in_province("shanxi"):
        actions.publish_offer(ours)
    row = listed(ours)
    assert (row.province, row.slug, row.price_u, row.unit) == ("shanxi", ours.slug, 2_000_000, "card-hour")
    assert (row.card_model_id, row.pool, row.pool_mode) == ("ascend-910b3", ours.pool_id, "discrete")
    assert (row.city_zh, str(row.green_share), row.version, row.paused) == ("大同", "0.520", 1, False)
    assert row.prices[0]["price_u"] == 2_000_000
    assert row.provider == ours.provider.organisation


def test_publishing_writes_history_in_the_province(ours):
    with in_province("shanxi"):
        actions.publish_offer(ours)
        assert [one.act for one in Record.objects.filter(subject_id=str(ours.pk))] == [
            "offer.published",
            "offer.priced",
        ]
    with in_province("henan"):
        assert Record.objects.filter(subject_id=str(ours.pk)).count() == 0


def test_publishing_rolled_back_leaves_no_index(ours):
    with in_province("shanxi"), transaction.atomic():
        actions.publish_offer(ours)
        transaction.set_rollback(True)
    assert listed(ours) is None


@pytest.mark.parametrize(
    ("state", "code"),
    [(OrganisationState.SUSPENDED, "provider_suspended"), (OrganisationState.PENDING, "provider_not_verified")],
)
def test_an_unverified_or_suspended_provider_publishes_nothing(ours, state, code):
    of = ours.provider.organisation
    type(of).objects.filter(pk=of.pk).update(state=state)
    assert refused(actions.publish_offer, ours) == code
    assert listed(ours) is None


def test_an_offer_without_a_price_is_not_published(shanxi):
    provider = supply.provider("shanxi")
    offer = supply.draft(provider, "shanxi", supply.pool(supply.site(provider, "shanxi"), "shanxi"), price_u=None)
    assert refused(actions.publish_offer, offer) == "no_price"


def test_an_offer_without_a_card_in_service_is_not_published(ours):
    with in_province("shanxi"):
        Card.objects.update(state=CardState.RETIRED)
    assert refused(actions.publish_offer, ours) == "no_cards"


def test_pausing_keeps_the_offer_listed_but_not_on_sale(ours):
    with in_province("shanxi"):
        actions.publish_offer(ours)
        actions.pause_offer(ours)
    assert listed(ours).paused is True
    assert list(OfferIndex.objects.on_sale()) == []
    with in_province("shanxi"):
        actions.resume_offer(ours)
    assert list(OfferIndex.objects.on_sale()) == [listed(ours)]


def test_withdrawing_is_for_good(ours):
    with in_province("shanxi"):
        actions.publish_offer(ours)
        actions.withdraw_offer(ours)
        assert Offer.objects.get(pk=ours.pk).state == OfferState.WITHDRAWN
    assert listed(ours) is None
    for act in (actions.publish_offer, actions.pause_offer, actions.resume_offer, actions.withdraw_offer):
        assert refused(act, ours) == "wrong_state"
    assert refused(actions.set_price, ours, "card-hour", 1) == "withdrawn"


@pytest.mark.parametrize("mode", [PurchaseMode.INSTANT, PurchaseMode.QUOTE])
def test_only_a_trial_costs_nothing(ours, mode, english):
    offer = supply.draft(ours.provider, "shanxi", ours.pool, price_u=None, mode=mode)
    trial = supply.draft(ours.provider, "shanxi", ours.pool, price_u=0, mode=PurchaseMode.TRIAL)
    with in_province("shanxi"):
        with pytest.raises(Refusal, match=r"more than zero\. The price was not saved\.") as told:
            actions.set_price(offer, "card-hour", 0)
        assert told.value.code == "price_zero"
        assert not offer.plans.exists()
        actions.publish_offer(trial)
        later = supply.draft(ours.provider, "shanxi", ours.pool, price_u=0, mode=PurchaseMode.TRIAL)
        actions.change_offer(later, mode=mode)
        assert refused(actions.publish_offer, later) == "price_zero"


def test_tokens_put_out_are_not_free_either(shanxi):
    model = BaseModel.objects.create(slug="qwen", name_zh="千问", vendor_zh="阿里云")
    facts = {"category": "model-service", "base_model": model}
    offer = supply.draft(supply.provider("shanxi"), "shanxi", None, price_u=None, **facts)
    with in_province("shanxi"), pytest.raises(Refusal) as told:
        actions.set_price(offer, "million-tokens", 1, price_out_u=0)
    assert told.value.code == "second_price_zero"


def test_a_new_price_is_a_new_version_and_the_old_one_stays(ours):
    with in_province("shanxi"):
        actions.publish_offer(ours)
        actions.set_price(ours, "card-hour", 2_500_000)
        assert list(ours.plans.values_list("version", "price_u")) == [(2, 2_500_000), (1, 2_000_000)]
    row = listed(ours)
    assert (row.version, row.price_u) == (2, 2_500_000)
    assert [one["version"] for one in row.prices] == [2, 1]


def test_the_database_refuses_to_change_a_price(ours):
    with in_province("shanxi"), pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        PlanVersion.objects.update(price_u=1)


def test_a_paused_pool_is_not_sold_until_its_agent_reports_again(ours):
    with in_province("shanxi"):
        actions.publish_offer(ours)
        supply.counted(ours.pool, 8, 8)
        actions.pause_pool(ours.pool)
    assert list(OfferIndex.objects.in_stock()) == []
    with in_province("shanxi"):
        actions.resume_pool(ours.pool)
    assert list(OfferIndex.objects.in_stock()) == []
    with in_province("shanxi"):
        supply.counted(ours.pool, 8, 8)
    assert [one.pk for one in OfferIndex.objects.in_stock()] == [ours.pk]


def test_pausing_a_provider_pauses_all_its_pools(ours):
    with in_province("shanxi"):
        actions.pause_provider(ours.provider)
    assert Availability.objects.get(pool=ours.pool_id).sellable is False
    assert refused(actions.pause_provider, ours.provider) == "wrong_state"


def test_what_staff_paused_only_staff_put_on_sale_again(ours):
    with in_province("shanxi"):
        actions.publish_offer(ours)
        actions.pause_offer_as_staff(ours)
        actions.pause_pool_as_staff(ours.pool)
    assert refused(actions.resume_offer, ours) == "paused_by_staff"
    assert refused(actions.resume_pool, ours.pool) == "paused_by_staff"
    assert (
        refused(actions.pause_offer_as_staff, ours) == refused(actions.pause_pool_as_staff, ours.pool) == "wrong_state"
    )
    with in_province("shanxi"):
        assert (listed(ours).paused, list(findings_in_province())) == (True, [])
        assert list(OfferIndex.objects.on_sale()) == []
        actions.resume_pool_as_staff(ours.pool)
        actions.resume_offer_as_staff(ours)
        supply.counted(ours.pool, 8, 8)
    assert [one.pk for one in OfferIndex.objects.in_stock()] == [ours.pk]


def test_staff_lift_their_own_pause_and_not_that_of_the_provider(ours):
    with in_province("shanxi"):
        actions.publish_offer(ours)
        actions.pause_offer(ours)
        actions.pause_pool(ours.pool)
    assert refused(actions.resume_offer_as_staff, ours) == "wrong_state"
    assert refused(actions.resume_pool_as_staff, ours.pool) == "wrong_state"
    with in_province("shanxi"):
        actions.pause_offer_as_staff(ours)
        actions.pause_pool_as_staff(ours.pool)
        actions.resume_offer_as_staff(ours)
        actions.resume_pool_as_staff(ours.pool)
        assert Offer.objects.get(pk=ours.pk).state == OfferState.PAUSED
        assert ours.pool.is_paused
    assert listed(ours).paused


def test_a_draft_is_not_paused_by_staff(ours):
    assert refused(actions.pause_offer_as_staff, ours) == "wrong_state"


def test_new_cards_are_numbered_and_counted(ours):
    with in_province("shanxi"):
        actions.add_cards(ours.pool, actions.numbered([("host-a", 2), ("host-b", 1)]))
        assert set(Card.objects.exclude(node__endswith="n001").values_list("serial", flat=True)) == {
            "host-a-c1",
            "host-a-c2",
            "host-b-c1",
        }
    stock = Availability.objects.get(pool=ours.pool_id)
    assert (stock.cards, stock.free, stock.measured_at) == (11, 11, None)


def test_the_index_equals_its_source_and_every_difference_is_found(ours):
    with in_province("shanxi"):
        actions.publish_offer(ours)
        assert list(findings_in_province()) == []
        OfferIndex.objects.update(price_u=1)
        assert list(findings_in_province()) == [
            f"I7: shanxi: price_u of the offer {ours.slug} differs on the national list."
        ]
        OfferIndex.objects.all().delete()
        assert list(findings_in_province()) == [f"I7: shanxi: the offer {ours.slug} is missing from the national list."]
        actions.set_price(ours, "card-hour", 3_000_000)
        Offer.objects.update(state="withdrawn")
        Availability.objects.all().delete()
        assert list(findings_in_province()) == [
            f"I7: shanxi: the national list has the offer {ours.slug}, which the province does not sell.",
            f"I7: shanxi: the nation does not know the pool {ours.pool.slug}.",
        ]


def test_only_the_provinces_own_offers_are_compared(ours, henan):
    with in_province("shanxi"):
        actions.publish_offer(ours)
    with in_province("henan"):
        assert list(findings_in_province()) == []


def test_members_see_their_own_offers_only(ours):
    owner = people.person("guo")
    people.member(owner, ours.provider.organisation)
    stranger = people.person("he")
    with in_province("shanxi"):
        assert list(Offer.objects.visible_to(owner)) == [ours]
        assert list(Offer.objects.visible_to(stranger)) == []
