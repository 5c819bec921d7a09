"""Registering and changing sites and pools, and what the national list shows of it in the same moment."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.catalog import actions
from marketplace.catalog.invariants import findings_in_province
from marketplace.catalog.models import Pool, Site
from portal.directory.models import Availability, OfferIndex
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests.marketplace.catalog import supply
from tests.portal.accounts import people


@pytest.fixture
def ours(shanxi):
    return supply.offer("shanxi")


@pytest.fixture
def guo(ours):
    return people.person("guo")


def refused(act, *args, **facts) -> str:
    with in_province("shanxi"), pytest.raises(Refusal) as refusal:
        act(*args, **facts)
    return refusal.value.code


def test_sites_get_slugs_of_provider_and_city(ours, guo):
    with in_province("shanxi"):
        for name in ("一号", "二号"):
            actions.add_site(ours.provider, name_zh=name, city_zh="大同", city_en="Datong", by=guo)
        slugs = Site.objects.filter(name_zh__in=("一号", "二号")).values_list("slug", flat=True)
        assert list(slugs) == [f"{ours.provider.slug}-datong", f"{ours.provider.slug}-datong-2"]


def test_two_sites_of_one_provider_never_share_a_name(ours):
    facts = {"name_zh": "云冈数据中心", "city_zh": "大同"}
    assert refused(actions.add_site, ours.provider, **facts) == "name_taken"
    with in_province("shanxi"):
        other = actions.add_site(ours.provider, name_zh="平城机房", city_zh="大同")
    assert refused(actions.change_site, other, name_zh="云冈数据中心") == "name_taken"


def test_a_changed_site_changes_the_national_list_in_the_same_moment(ours, guo):
    with in_province("shanxi"):
        site = ours.pool.site
        actions.change_site(site, green_share=Decimal("0.8"), pue=Decimal("1.25"), city_zh="太原", by=guo)
        assert list(findings_in_province()) == []
        row = OfferIndex.objects.get(pk=ours.pk)
        assert (row.green_share, row.pue, row.city_zh) == (Decimal("0.800"), Decimal("1.25"), "太原")
        assert "太原" in row.search_text
        record = Record.objects.get(act="site.changed")
        assert (record.actor_id, record.facts["changed"]["city_zh"]) == (str(guo.pk), ["大同", "太原"])


def test_a_change_rolled_back_changes_no_list(ours):
    with in_province("shanxi"), transaction.atomic():
        actions.change_site(ours.pool.site, city_zh="太原")
        transaction.set_rollback(True)
    assert OfferIndex.objects.get(pk=ours.pk).city_zh == "大同"


def test_a_site_that_is_saved_as_it_was_leaves_no_history(ours):
    with in_province("shanxi"):
        actions.change_site(ours.pool.site, city_zh="大同")
        assert not Record.objects.filter(act="site.changed").exists()


@pytest.mark.parametrize("figures", [{"pue": "0.99"}, {"pue": "3"}, {"rtt_ms_beijing": "-1"}, {"green_share": "1.1"}])
def test_the_database_refuses_impossible_figures(ours, figures):
    with in_province("shanxi"), pytest.raises(IntegrityError), transaction.atomic():
        Site.objects.update(**figures)


def test_a_new_pool_is_known_to_the_nation_without_cards(ours, guo):
    with in_province("shanxi"):
        pool = actions.add_pool(ours.pool.site, card_model=supply.card_model(), mode="server", by=guo)
        assert pool.slug == f"{ours.pool.site.slug}-ascend-910b3"
    stock = Availability.objects.get(pool=pool.pk)
    assert (stock.province, stock.cards, stock.free, stock.measured_at) == ("shanxi", 0, 0, None)


def test_a_pool_with_cards_keeps_its_card_model_and_site(ours):
    with in_province("shanxi"):
        elsewhere = actions.add_site(ours.provider, name_zh="平城机房", city_zh="大同")
    other = supply.card_model("h100")
    assert refused(actions.change_pool, ours.pool, card_model=other) == "pool_has_cards"
    assert refused(actions.change_pool, ours.pool, site=elsewhere) == "pool_has_cards"
    with in_province("shanxi"):
        empty = actions.add_pool(ours.pool.site, card_model=supply.card_model(), mode="server")
        actions.change_pool(empty, card_model=other, site=elsewhere)
        empty.refresh_from_db()
        assert (empty.card_model_id, empty.site_id) == ("h100", elsewhere.pk)


def test_a_pool_is_never_moved_to_another_providers_site(ours):
    theirs = supply.site(supply.provider("shanxi"), "shanxi")
    assert refused(actions.change_pool, ours.pool, site=theirs) == "other_provider"


def test_how_cards_are_sold_stands_while_an_offer_is_on_sale(ours):
    assert refused(actions.change_pool, ours.pool, mode="server") == "offer_on_sale"
    with in_province("shanxi"):
        actions.change_pool(ours.pool, network="IB")
        assert OfferIndex.objects.get(pk=ours.pk).network == "IB"
        actions.pause_offer(ours)
        actions.change_pool(ours.pool, mode="server")
        assert OfferIndex.objects.get(pk=ours.pk).pool_mode == "server"
        assert list(findings_in_province()) == []
        assert Pool.objects.get(pk=ours.pool_id).mode == "server"
