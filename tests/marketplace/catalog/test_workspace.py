"""A provider's day in pages: what waits, sites, pools, offers and prices, seen by owner, colleague and stranger."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.catalog import actions
from marketplace.catalog.models import Offer, OfferState, Pool, Site
from portal.accounts.models import OrganisationKind
from portal.accounts.roles import MembershipRole
from portal.directory.models import OfferIndex
from tenants.context import in_province
from tests.marketplace.catalog import supply
from tests.portal.accounts import people

SITE = {"name_zh": "平城机房", "city_zh": "大同", "city_en": "Datong", "pue": "1.25", "green_share": "60"}


@pytest.fixture
def ours(shanxi):
    return supply.offer("shanxi")


@pytest.fixture
def owner(client_at, ours):
    user = people.person("guo")
    people.member(user, ours.provider.organisation, MembershipRole.OWNER)
    return people.sign_in(client_at("shanxi"), user)


@pytest.fixture
def viewer(client_at, ours):
    user = people.person("chen")
    people.member(user, ours.provider.organisation, MembershipRole.VIEWER)
    return people.sign_in(client_at("shanxi"), user)


@pytest.fixture
def stranger(client_at, henan):
    """The owner of a provider in another province."""
    user = people.person("he")
    people.member(user, supply.offer("henan").provider.organisation, MembershipRole.OWNER)
    return people.sign_in(client_at("shanxi"), user)


def pages_of(ours) -> dict[str, list[str]]:
    """Pages that members see, and pages that only owners and approvers see."""
    site, pool, offer = (f"/provider/{kind}/" for kind in ("sites", "pools", "offers"))
    return {
        "all": ["/provider/", site, pool, offer, f"{pool}{ours.pool_id}/", f"{offer}{ours.pk}/"],
        "managers": [
            f"{site}new/",
            f"{site}{ours.pool.site_id}/",
            f"{pool}new/",
            f"{pool}{ours.pool_id}/edit/",
            f"{pool}{ours.pool_id}/cards/",
            f"{offer}new/",
            f"{offer}{ours.pk}/edit/",
            f"{offer}{ours.pk}/price/",
            f"{offer}{ours.pk}/withdraw/",
        ],
    }


def queries(client, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return sum(not one["sql"].startswith("SET ") for one in caught.captured_queries)


def html(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


# Who sees what ---------------------------------------------------------------------------------


def test_an_owner_sees_every_page(ours, owner):
    pages = pages_of(ours)
    assert {path: owner.get(path).status_code for path in pages["all"] + pages["managers"]} == dict.fromkeys(
        pages["all"] + pages["managers"], 200
    )


def test_a_colleague_looks_but_opens_no_form(ours, viewer):
    pages = pages_of(ours)
    assert {viewer.get(path).status_code for path in pages["all"]} == {200}
    assert {viewer.get(path).status_code for path in pages["managers"]} == {403}
    assert {viewer.post(path).status_code for path in pages["managers"]} == {403}


def test_a_colleague_sees_no_buttons(ours, viewer):
    for path in pages_of(ours)["all"]:
        page = html(viewer, path)
        assert "btn-main" not in page
        assert "/new/" not in page
        assert 'name="card"' not in page


def test_strangers_find_no_page(ours, stranger):
    pages = pages_of(ours)
    assert {stranger.get(path).status_code for path in pages["all"] + pages["managers"]} == {404}
    assert {stranger.post(path).status_code for path in pages["managers"]} == {404}


def test_a_provider_that_does_not_sell_here_yet_is_led_to_the_application(client_at, shanxi):
    user, newcomer = people.person("xu"), people.organisation("新云")
    newcomer.kind = OrganisationKind.PROVIDER
    newcomer.save()
    people.member(user, newcomer)
    client = people.sign_in(client_at("shanxi"), user)
    assert client.get("/provider/").headers["location"] == "/apply/"
    assert client.get("/provider/sites/").status_code == 404


def test_nothing_of_another_provider_is_shown(ours, owner):
    theirs = supply.offer("shanxi")
    for path in pages_of(ours)["all"]:
        page = html(owner, path)
        assert theirs.name_zh not in page
        assert theirs.pool.slug not in page
    assert owner.get(f"/provider/offers/{theirs.pk}/").status_code == 404
    assert owner.post(f"/provider/pools/{theirs.pool_id}/sale/pause/").status_code == 404


def test_lists_cost_the_same_for_one_and_for_three(ours, owner):
    paths = ["/provider/", "/provider/sites/", "/provider/pools/", "/provider/offers/"]
    paths += [f"/provider/pools/{ours.pool_id}/", f"/provider/offers/{ours.pk}/"]
    for path in paths:
        owner.get(path)
    one = [queries(owner, path) for path in paths]
    for place in range(2):
        pool = supply.pool(supply.site(ours.provider, "shanxi", name_zh=f"机房{place}"), "shanxi")
        supply.draft(ours.provider, "shanxi", pool)
        supply.draft(ours.provider, "shanxi", ours.pool)
        with in_province("shanxi"):
            actions.add_cards(ours.pool, [("n", f"SN-{place}")])
            actions.set_price(ours, "card-hour", 5_000_000 + place)
    assert [queries(owner, path) for path in paths] == one
    assert one == [17, 6, 9, 8, 11, 11]


# The first page --------------------------------------------------------------------------------


def test_a_new_provider_is_led_from_step_to_step(client_at, shanxi):
    provider = supply.provider("shanxi")
    user = people.person("guo")
    people.member(user, provider.organisation, MembershipRole.OWNER)
    client = people.sign_in(client_at("shanxi"), user)
    assert 'class="btn btn-main" href="/provider/sites/new/"' in html(client, "/provider/")
    site = supply.site(provider, "shanxi")
    assert 'class="btn btn-main" href="/provider/pools/new/"' in html(client, "/provider/")
    pool = supply.pool(site, "shanxi", cards=0)
    assert 'class="btn btn-main" href="/provider/pools/"' in html(client, "/provider/")
    with in_province("shanxi"):
        actions.add_cards(pool, [("n", "SN-1")])
    assert 'class="btn btn-main" href="/provider/offers/new/"' in html(client, "/provider/")
    draft = supply.draft(provider, "shanxi", pool)
    with in_province("shanxi"):
        supply.counted(pool, 1, 1)
    assert 'class="btn btn-main" href="/provider/offers/?state=draft"' in html(client, "/provider/")
    with in_province("shanxi"):
        actions.publish_offer(draft)
    assert "btn-main" not in html(client, "/provider/")


# Sites and pools -------------------------------------------------------------------------------


def test_an_owner_registers_a_site_and_a_pool(ours, owner):
    assert owner.post("/provider/sites/new/", SITE).url == "/provider/sites/"
    with in_province("shanxi"):
        site = Site.objects.get(name_zh="平城机房")
    facts = {"site": site.slug, "card_model": "ascend-910b3", "mode": "discrete", "network": "RoCE"}
    answer = owner.post("/provider/pools/new/", facts)
    with in_province("shanxi"):
        pool = Pool.objects.get(site=site)
    assert answer.url == f"/provider/pools/{pool.pk}/"
    assert (str(site.green_share), pool.provider_id, pool.network) == ("0.600", ours.provider_id, "RoCE")


def test_a_faulty_site_is_not_saved_and_nothing_typed_is_lost(owner):
    answer = owner.post("/provider/sites/new/", {**SITE, "pue": "0.5"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="平城机房"' in page
    assert 'value="0.5"' in page
    assert 'value="60"' in page
    with in_province("shanxi"):
        assert not Site.objects.filter(name_zh="平城机房").exists()


def test_a_refusal_stands_at_its_field(ours, owner):
    with in_province("shanxi"):
        name = ours.pool.site.name_zh
    answer = owner.post("/provider/sites/new/", {**SITE, "name_zh": name})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["name_zh"])
    pool = {"site": ours.pool.site.slug, "card_model": "ascend-910b3", "mode": "server"}
    answer = owner.post(f"/provider/pools/{ours.pool_id}/edit/", pool)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["mode"])


def test_a_corrected_site_is_in_the_catalogue_at_once(ours, owner):
    owner.post(f"/provider/sites/{ours.pool.site_id}/", {**SITE, "name_zh": "云冈二期"})
    row = OfferIndex.objects.get(pk=ours.pk)
    assert (row.site_zh, str(row.green_share), str(row.pue)) == ("云冈二期", "0.600", "1.25")


def test_the_sale_of_a_pool_is_paused_and_resumed(ours, owner):
    for verb, paused in (("pause", True), ("resume", False)):
        assert owner.post(f"/provider/pools/{ours.pool_id}/sale/{verb}/").status_code == 302
        with in_province("shanxi"):
            assert Pool.objects.get(pk=ours.pool_id).paused is paused
    assert owner.post(f"/provider/pools/{ours.pool_id}/sale/burn/").status_code == 404


def test_a_paused_pool_waits_and_is_not_said_to_be_on_sale(ours, owner):
    with in_province("shanxi"):
        supply.counted(ours.pool, 1, 1)
    assert "没有待办，产品正在销售。" in html(owner, "/provider/")
    owner.post(f"/provider/pools/{ours.pool_id}/sale/pause/")
    page = html(owner, "/provider/")
    assert "没有待办，产品正在销售。" not in page
    assert "1 个资源池暂不出售" in page


def test_a_pause_of_staff_is_explained_and_not_lifted_by_the_provider(ours, owner):
    with in_province("shanxi"):
        actions.pause_pool_as_staff(ours.pool)
        actions.pause_offer_as_staff(ours)
    for page, resume in [
        (f"/provider/pools/{ours.pool_id}/", f"/provider/pools/{ours.pool_id}/sale/resume/"),
        (f"/provider/offers/{ours.pk}/", f"/provider/offers/{ours.pk}/resume/"),
    ]:
        html = owner.get(page).content.decode()
        assert "省级分平台已暂停销售" in html
        assert resume not in html
        answer = owner.post(resume)
        assert answer.status_code == 409
        assert "只有分平台工作人员可以恢复" in answer.content.decode()
    with in_province("shanxi"):
        assert Pool.objects.get(pk=ours.pool_id).is_paused
        assert list(Offer.objects.published()) == []
    assert ours.name in owner.get("/provider/offers/?state=paused").content.decode()
    assert ours.name not in owner.get("/provider/offers/?state=published").content.decode()


# Offers and prices -----------------------------------------------------------------------------


def test_an_offer_goes_from_draft_to_sale(ours, owner):
    said = {"name_zh": "新产品", "category": "intelligent", "mode": "instant", "pool": ours.pool.slug, "min_hours": "1"}
    answer = owner.post("/provider/offers/new/", said)
    with in_province("shanxi"):
        draft = Offer.objects.get(name_zh="新产品")
    assert answer.url == f"/provider/offers/{draft.pk}/price/"
    owner.post(answer.url, {"unit": "card-hour", "price_u": "2.18"})
    assert html(owner, f"/provider/offers/{draft.pk}/").count("¥2.18") == 2
    owner.post(f"/provider/offers/{draft.pk}/publish/")
    assert OfferIndex.objects.get(pk=draft.pk).price_u == 2_180_000


def test_a_new_price_of_a_listed_offer_is_shown_first_and_then_confirmed(ours, owner):
    path, said = f"/provider/offers/{ours.pk}/price/", {"unit": "card-hour", "price_u": "2.5"}
    page = owner.post(path, said).content.decode()
    assert "+25.0%" in page
    assert "¥384.00 → ¥480.00" in page
    assert OfferIndex.objects.get(pk=ours.pk).price_u == 2_000_000
    assert owner.post(path, {**said, "confirmed": "1"}).url == f"/provider/offers/{ours.pk}/"
    assert OfferIndex.objects.get(pk=ours.pk).price_u == 2_500_000


def test_the_same_price_again_is_refused_at_its_field(ours, owner):
    answer = owner.post(f"/provider/offers/{ours.pk}/price/", {"unit": "card-hour", "price_u": "2", "confirmed": "1"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["price_u"])


def test_a_price_of_zero_is_refused_at_its_field(ours, owner):
    answer = owner.post(f"/provider/offers/{ours.pk}/price/", {"unit": "card-hour", "price_u": "0", "confirmed": "1"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["price_u"])


def test_an_offer_on_sale_whose_pool_no_agent_reports_says_that_nothing_can_be_bought(ours, owner):
    owner.cookies["django_language"] = "en"
    path, sentence = f"/provider/offers/{ours.pk}/", "Nothing can be bought yet"
    assert sentence not in html(owner, path)
    with in_province("shanxi"):
        supply.counted(ours.pool, 8, 8, seconds_ago=61)
    assert sentence in html(owner, path)
    draft = supply.draft(ours.provider, "shanxi", supply.pool(ours.pool.site, "shanxi"))
    assert sentence not in html(owner, f"/provider/offers/{draft.pk}/")
    page = owner.post(f"/provider/offers/{draft.pk}/publish/", follow=True).content.decode()
    assert sentence in page
    assert '<a href="/provider/agents/">Look at the agents</a>' in page


def test_the_words_of_a_listed_offer_change_and_its_terms_are_not_asked(ours, owner):
    path = f"/provider/offers/{ours.pk}/edit/"
    assert "min_hours" not in html(owner, path)
    owner.post(path, {"name_zh": "改名", "name_en": "Renamed", "min_hours": "7"})
    row = OfferIndex.objects.get(pk=ours.pk)
    assert (row.name_zh, row.name_en, row.min_hours) == ("改名", "Renamed", 1)


def test_a_draft_says_what_is_missing_before_it_can_be_sold(ours, owner):
    draft = supply.draft(ours.provider, "shanxi", ours.pool, price_u=None)
    assert 'class="notice is-wait"' in html(owner, f"/provider/offers/{draft.pk}/")
    assert owner.post(f"/provider/offers/{draft.pk}/publish/").status_code == 409
    with in_province("shanxi"):
        assert Offer.objects.get(pk=draft.pk).state == OfferState.DRAFT


def test_offers_are_found_by_words_and_state(ours, owner):
    draft = supply.draft(ours.provider, "shanxi", ours.pool)
    assert ours.name_zh in html(owner, "/provider/offers/?state=published")
    assert draft.name_zh not in html(owner, "/provider/offers/?state=published")
    assert draft.name_zh in html(owner, f"/provider/offers/?q={draft.name_zh}")
    assert ours.name_zh not in html(owner, "/provider/offers/?q=nothing-such")
