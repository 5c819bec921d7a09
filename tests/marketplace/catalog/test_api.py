"""A provider's programs: registering, pricing and selling supply by key, as on the pages and by the same acts."""

from itertools import count

import pytest

from marketplace.catalog.models import Card, Offer, OfferState, Pool, Site
from portal.accounts.roles import MembershipRole
from portal.directory.models import OfferIndex
from tenants.context import in_province
from tenants.history.models import Record
from tests.marketplace.catalog import supply
from tests.portal.accounts import people
from tests.portal.api.knocking import key_of, member, post, problem, program, visitor

pytestmark = pytest.mark.django_db
HERE = "/api/v1/provider/shanxi/"
_number = count(1)


@pytest.fixture
def provider(shanxi):
    supply.card_model()
    return supply.provider("shanxi")


@pytest.fixture
def owner(provider):
    user = people.person("guo")
    people.member(user, provider.organisation, MembershipRole.OWNER)
    return user


@pytest.fixture
def robot(provider, owner):
    return program(key_of(provider.organisation, owner)[1])


def send(client, path: str, body=None, *, method: str = "post"):
    headers = {"idempotency-key": f"k{next(_number)}"}
    return getattr(client, method)(path, body or {}, content_type="application/json", headers=headers)


def test_a_program_registers_and_sells_a_whole_supply(robot, provider):
    site = {"slug": "dt1", "name_zh": "云冈", "city_zh": "大同", "green_share": 0.52, "pue": 1.21}
    assert send(robot, f"{HERE}sites/", site).json()["green_share"] == 0.52
    pool = {"slug": "p1", "site": "dt1", "card_model": "ascend-910b3", "mode": "discrete"}
    assert send(robot, f"{HERE}pools/", pool).status_code == 201
    cards = {"cards": [{"node": "n1", "serial": f"SN-{n}"} for n in range(3)]}
    assert send(robot, f"{HERE}pools/p1/cards/", cards).json() == {"cards": 3}
    moved = send(robot, f"{HERE}pools/p1/cards/move/", {"serials": ["SN-1"], "to": "maintenance"})
    assert moved.json() == {"cards": 1}
    listed = robot.get(f"{HERE}cards/?state=maintenance&pool=p1").json()["results"]
    assert listed == [{"serial": "SN-1", "node": "n1", "pool": "p1", "state": "maintenance"}]
    offer = {
        "slug": "o1",
        "name_zh": "散卡",
        "category": "intelligent",
        "mode": "instant",
        "pool": "p1",
        "price": {"unit": "card-hour", "price_u": 8_500_000},
    }
    made = send(robot, f"{HERE}offers/", offer).json()
    assert (made["state"], made["price"]["version"], made["min_hours"]) == ("draft", 1, 1)
    assert send(robot, f"{HERE}offers/o1/publish/").json()["state"] == "published"
    priced = send(robot, f"{HERE}offers/o1/prices/", {"unit": "card-hour", "price_u": 9_000_000})
    assert (priced.status_code, priced.json()["version"]) == (201, 2)
    free = send(robot, f"{HERE}offers/o1/prices/", {"unit": "card-hour", "price_u": 0})
    assert (free.status_code, free.json()["code"]) == (409, "price_zero")
    row = OfferIndex.objects.get(province="shanxi", slug="o1")
    assert (row.price_u, row.version, row.provider) == (9_000_000, 2, provider.organisation)
    assert [one["version"] for one in robot.get(f"{HERE}offers/o1/prices/").json()["results"]] == [2, 1]
    for verb, state in {"pause": "paused", "resume": "published", "withdraw": "withdrawn"}.items():
        assert send(robot, f"{HERE}offers/o1/{verb}/").json()["state"] == state
    assert not OfferIndex.objects.filter(slug="o1").exists()


def test_history_names_the_key(robot, provider):
    send(robot, f"{HERE}sites/", {"name_zh": "云冈", "city_zh": "大同"})
    with in_province("shanxi"):
        assert Record.objects.get(act="site.added").actor_kind == "key"
        assert Site.objects.get().slug.startswith(provider.slug)


def test_a_change_changes_what_it_names(robot, provider):
    site = supply.site(provider, "shanxi", pue="1.20")
    answer = send(robot, f"{HERE}sites/{site.slug}/", {"pue": 1.15}, method="patch")
    assert (answer.status_code, answer.json()["pue"], answer.json()["green_share"]) == (200, 1.15, 0.52)
    assert send(robot, f"{HERE}sites/{site.slug}/", {"pue": None}, method="patch").json()["pue"] is None
    pool = supply.pool(site, "shanxi")
    assert send(robot, f"{HERE}pools/{pool.slug}/", {"network": "IB"}, method="patch").json()["network"] == "IB"
    draft = supply.draft(provider, "shanxi", pool)
    told = send(robot, f"{HERE}offers/{draft.slug}/", {"min_hours": 24}, method="patch").json()
    assert (told["min_hours"], told["name_zh"], told["price"]["price_u"]) == (24, draft.name_zh, 2_000_000)


def test_pools_pause_and_resume(robot, provider):
    pool = supply.pool(supply.site(provider, "shanxi"), "shanxi")
    assert send(robot, f"{HERE}pools/{pool.slug}/pause/").json()["paused"] is True
    assert problem(send(robot, f"{HERE}pools/{pool.slug}/pause/")) == (409, "wrong_state")
    assert send(robot, f"{HERE}pools/{pool.slug}/resume/").json()["paused"] is False


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("sites/", {}, ["/name_zh", "/city_zh"]),
        ("sites/", {"name_zh": "a", "city_zh": "b", "pue": 2.995, "racks": 0}, ["/racks", "/pue"]),
        ("sites/", {"name_zh": "a", "city_zh": "b", "pue": 3}, ["/pue"]),
        ("pools/", {"site": "none", "card_model": "none", "mode": "discrete"}, ["/site", "/card_model"]),
        ("offers/", {"name_zh": "a", "category": "intelligent", "mode": "instant"}, ["/pool"]),
        ("pools/p/cards/", {"cards": [{"node": "n 1", "serial": ""}]}, ["/cards/0/node", "/cards/0/serial"]),
        ("pools/p/cards/move/", {"serials": [], "to": "sold"}, ["/serials", "/to"]),
        ("pools/p/cards/move/", {"serials": ["SN-1"], "to": "quarantined"}, ["/to"]),
    ],
)
def test_each_wrong_field_is_named(robot, provider, path, body, fields):
    with in_province("shanxi"):
        made = supply.pool(supply.site(provider, "shanxi"), "shanxi")
        Pool.objects.filter(pk=made.pk).update(slug="p")
    answer = send(robot, f"{HERE}{path}", body)
    assert problem(answer) == (422, "invalid")
    assert sorted(one["pointer"] for one in answer.json()["errors"]) == sorted(fields)


def test_a_code_that_is_taken_is_refused(robot, provider):
    theirs = supply.site(supply.provider("shanxi"), "shanxi")
    answer = send(robot, f"{HERE}sites/", {"slug": theirs.slug, "name_zh": "云冈", "city_zh": "大同"})
    assert problem(answer) == (409, "slug_taken")


def test_the_same_request_under_one_key_registers_once_in_whatever_order_its_members_stand(robot):
    site = {"name_zh": "云冈", "city_zh": "大同"}
    turned = dict(reversed(site.items()))
    first, again = (post(robot, f"{HERE}sites/", body, key="one") for body in (site, turned))
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert problem(post(robot, f"{HERE}sites/", site)) == (422, "invalid")
    with in_province("shanxi"):
        assert Site.objects.count() == 1


def test_a_key_needs_its_scope_for_reading_and_for_writing(provider, owner):
    reader = program(key_of(provider.organisation, owner, ["supply:read"])[1])
    assert reader.get(f"{HERE}sites/").status_code == 200
    assert problem(send(reader, f"{HERE}sites/", {"name_zh": "a", "city_zh": "b"})) == (403, "scope_missing")
    writer = program(key_of(provider.organisation, owner, ["supply:write"])[1])
    assert problem(writer.get(f"{HERE}sites/")) == (403, "scope_missing")


def test_a_colleague_without_the_right_reads_and_changes_nothing(provider):
    viewer = people.person("chen")
    people.member(viewer, provider.organisation, MembershipRole.VIEWER)
    offer = supply.draft(provider, "shanxi", supply.pool(supply.site(provider, "shanxi"), "shanxi"))
    client = member(viewer)
    for path in ("sites/", "pools/", "cards/", "offers/", f"offers/{offer.slug}/"):
        assert client.get(HERE + path).status_code == 200
    for path in ("sites/", "pools/", "offers/", f"offers/{offer.slug}/publish/", f"offers/{offer.slug}/prices/"):
        assert problem(send(client, HERE + path)) == (403, "forbidden")
    assert problem(send(client, f"{HERE}offers/{offer.slug}/", {"name_zh": "x"}, method="patch")) == (403, "forbidden")
    with in_province("shanxi"):
        assert Offer.objects.get().state == OfferState.DRAFT


def test_strangers_find_nothing_and_visitors_are_asked_who_they_are(provider, henan):
    stranger = people.person("he")
    theirs = supply.offer("henan")
    people.member(stranger, theirs.provider.organisation, MembershipRole.OWNER)
    robot = program(key_of(theirs.provider.organisation, stranger)[1])
    for client in (robot, member(stranger)):
        assert problem(client.get(f"{HERE}sites/")) == (404, "not_found")
        assert client.get("/api/v1/provider/henan/sites/").status_code == 200
    assert problem(robot.get("/api/v1/provider/nowhere/sites/")) == (404, "not_found")
    assert problem(robot.get("/api/v1/provider/public/sites/")) == (404, "not_found")
    assert problem(visitor().get(f"{HERE}sites/")) == (401, "not_authenticated")


def test_another_providers_things_of_the_same_province_are_not_there(robot, provider):
    theirs = supply.offer("shanxi")
    for path in (f"sites/{theirs.pool.site.slug}/", f"pools/{theirs.pool.slug}/", f"offers/{theirs.slug}/"):
        assert robot.get(HERE + path).status_code == 404
        assert send(robot, HERE + path, {"name_zh": "mine"}, method="patch").status_code == 404
    answer = send(
        robot, f"{HERE}pools/", {"site": theirs.pool.site.slug, "card_model": "ascend-910b3", "mode": "discrete"}
    )
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/site"]
    assert robot.get(f"{HERE}cards/").json()["results"] == []


@pytest.mark.parametrize("host", ["shanxi.portal.localhost:8000", "henan.portal.localhost:8000", "127.0.0.1:8000"])
def test_it_is_the_same_on_every_host(provider, owner, host):
    supply.site(provider, "shanxi")
    client = program(key_of(provider.organisation, owner)[1], host)
    assert len(client.get(f"{HERE}sites/").json()["results"]) == 1


def test_lists_come_in_pages(robot, provider):
    supply.pool(supply.site(provider, "shanxi"), "shanxi", cards=5)
    seen, address = [], f"{HERE}cards/?page_size=2"
    while address:
        page = robot.get(address).json()
        seen += [card["serial"] for card in page["results"]]
        address = page["next"]
    with in_province("shanxi"):
        assert seen == sorted(Card.objects.values_list("serial", flat=True))
