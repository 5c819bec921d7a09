"""Identifiers in the register: issued with their pools, valid while reports fit, resolved by anybody."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketplace.activation.agents.reporting import reports
from marketplace.activation.agents.reporting.reports import Counted, Report
from marketplace.activation.models import Agent, Counting
from marketplace.catalog import actions, invariants
from marketplace.catalog.models import Card, CardState, Pool
from marketplace.catalog.supply import identifying
from portal.directory.identifiers import issuing
from portal.directory.models import Availability, CardModel, Identifier
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import on_sale, report
from tests.marketplace.catalog import supply
from tests.portal.directory.test_comparison import queries


@pytest.fixture
def pool(shanxi):
    place = supply.site(supply.provider("shanxi"), "shanxi")
    return supply.pool(place, "shanxi", 8)


def row_of(pool) -> Identifier:
    return Identifier.objects.with_reports().live().get(pool=pool.pk)


def resolve(client_at, text: str, language: str = "en"):
    return client_at().get("/identifiers/", {"identifier": text}, headers={"accept-language": language})


# Issuing -----------------------------------------------------------------------------------------


def test_a_pool_gets_its_identifier_with_its_registration(pool):
    row = row_of(pool)
    assert row.text.startswith("CP-14-000001-Z-A910B3-DT1-00001-")
    assert (row.province, row.organisation, row.site) == ("shanxi", pool.provider.organisation, pool.site_id)
    with in_province("shanxi"):
        assert Record.objects.get(act="pool.added", subject_id=str(pool.pk)).facts["identifier"] == row.text


def test_codes_stay_with_their_owners(pool, henan):
    same_site = supply.pool(pool.site, "shanxi")
    other_site = supply.pool(supply.site(pool.provider, "shanxi"), "shanxi")
    other_provider = supply.pool(supply.site(supply.provider("shanxi"), "shanxi"), "shanxi")
    elsewhere = supply.pool(supply.site(supply.provider("henan", pool.provider.organisation), "henan"), "henan")
    starts = [row_of(one).text.rsplit("-", 1)[0] for one in (same_site, other_site, other_provider, elsewhere)]
    assert starts == [
        "CP-14-000001-Z-A910B3-DT1-00002",
        "CP-14-000001-Z-A910B3-DT2-00003",
        "CP-14-000002-Z-A910B3-DT1-00001",
        "CP-41-000001-Z-A910B3-DT1-00001",
    ]


def test_a_serial_without_a_check_character_is_left_out(pool):
    for _number in range(80):
        supply.pool(pool.site, "shanxi", 0)
    serials = sorted(Identifier.objects.values_list("serial", flat=True))
    assert len(serials) == 81 < serials[-1]
    assert not [text for text in Identifier.objects.values_list("text", flat=True) if text.endswith("*")]


def test_another_card_model_is_another_resource(shanxi):
    empty = supply.pool(supply.site(supply.provider("shanxi"), "shanxi"), "shanxi", 0)
    before = row_of(empty).text
    with in_province("shanxi"):
        actions.change_pool(empty, card_model=supply.card_model("kunlunxin-p800", name_en="P800"))
    assert "-KP800-DT1-00002-" in row_of(empty).text
    assert Identifier.objects.with_reports().get(text=before).status == "cancelled"


def test_the_last_card_takes_the_identifier_with_it_and_new_ones_bring_another(pool):
    before = row_of(pool).text
    with in_province("shanxi"):
        cards = list(Card.objects.filter(pool=pool).values_list("pk", flat=True))
        actions.move_cards(pool, cards[1:], CardState.RETIRED)
        assert row_of(pool).text == before
        actions.move_cards(pool, cards[:1], CardState.RETIRED)
        assert not Identifier.objects.live().filter(pool=pool.pk).exists()
        assert list(identifying.findings()) == []
        actions.add_cards(pool, [("new", "new-1")])
    assert row_of(pool).text != before


def test_a_site_is_renamed_and_keeps_its_code(pool):
    before = row_of(pool).text
    with in_province("shanxi"):
        actions.change_site(pool.site, name_zh="改名机房", city_en="Elsewhere")
    row = row_of(pool)
    assert (row.text, row.site_zh, row.city_en) == (before, "改名机房", "Elsewhere")


def test_pools_of_before_get_theirs_by_a_command(pool, capsys):
    Identifier.objects.all().delete()
    with in_province("shanxi"):
        assert "issue_identifiers" in next(identifying.findings())
    call_command("issue_identifiers")
    assert row_of(pool).text.startswith("CP-14-000001-")
    assert "shanxi: 1 issued." in capsys.readouterr().out
    call_command("issue_identifiers")
    assert "issued" not in capsys.readouterr().out


def test_a_refused_registration_leaves_no_identifier(pool, monkeypatch):
    monkeypatch.setattr("portal.directory.identifiers.grammar.MOST_SERIAL", 1)
    with pytest.raises(Refusal) as refusal, in_province("shanxi"):
        actions.add_pool(pool.site, card_model=pool.card_model, mode="discrete")
    assert refusal.value.code == "no_identifier"
    with in_province("shanxi"):
        assert Pool.objects.count() == Identifier.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"cancelled_at": None}, "one_live_identifier_per_pool"),
        ({"cancelled_at": timezone.now(), "serial": 1}, "identifier_serial_once"),
        ({"cancelled_at": timezone.now(), "provider_code": 0}, "identifier_numbers_fit"),
        ({"cancelled_at": timezone.now(), "site": "00000000-0000-0000-0000-000000000007"}, "site_code_names_one_site"),
    ],
)
def test_the_database_refuses_what_must_never_be(pool, changed, name):
    row = row_of(pool)
    row.pk, row.text, row.serial = None, "CP-other", 2
    for field, value in changed.items():
        setattr(row, field, value)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row.save()


def test_one_code_never_names_two_providers(pool):
    row = row_of(pool)
    row.pk, row.text, row.serial, row.cancelled_at = None, "CP-other", 2, timezone.now()
    row.organisation = supply.provider("shanxi").organisation
    with pytest.raises(IntegrityError, match="provider_code_names_one_provider"), transaction.atomic():
        row.save()


def test_two_card_models_never_share_a_code(db):
    supply.card_model("ascend-910b3")
    with pytest.raises(IntegrityError, match="card_model_code_once"), transaction.atomic():
        supply.card_model("amd-910b3")
    assert CardModel.objects.get().code == "A910B3"


# What must be true -------------------------------------------------------------------------------


def test_doctor_has_nothing_to_say_of_a_right_register(pool):
    with in_province("shanxi"):
        assert list(invariants.findings_in_province()) == []


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        ({"site_zh": "别处"}, "site_zh of"),
        ({"text": "CP-14-000001-Z-A910B3-DT1-00001-A"}, "its text of"),
        ({"serial": 7}, "its text of"),
        ({"site": "00000000-0000-0000-0000-000000000007"}, "provider, card model or site of"),
        ({"cancelled_at": timezone.now()}, "has none"),
        ({"pool": "00000000-0000-0000-0000-000000000007"}, "is live, but its pool is not"),
    ],
)
def test_doctor_names_what_differs(pool, planted, words):
    Identifier.objects.update(**planted)
    with in_province("shanxi"):
        assert any(words in sentence for sentence in identifying.findings())


# Status ------------------------------------------------------------------------------------------


def test_the_status_follows_the_reports(shanxi, time_machine):
    time_machine.move_to("2026-03-01 12:00 +0800", tick=False)
    lot = on_sale("shanxi", 4)
    agent = _agent(lot)
    Availability.objects.update(measured_at=None)
    assert row_of(lot.pool).status == "pending"
    _says(agent, lot, 4)
    assert row_of(lot.pool).status == "valid"
    time_machine.shift(timedelta(hours=24))
    assert row_of(lot.pool).status == "valid"
    time_machine.shift(timedelta(seconds=1))
    assert row_of(lot.pool).status == "expired"
    _says(agent, lot, 4)
    assert row_of(lot.pool).status == "valid"


@pytest.mark.parametrize("cards", [0, 5])
def test_a_report_that_does_not_fit_the_register_verifies_nothing(shanxi, cards):
    lot = on_sale("shanxi", 4)
    _says(_agent(lot), lot, cards)
    row = row_of(lot.pool)
    assert row.status == "pending"
    assert row.measured_at is not None


def test_declared_cards_are_named_so_and_verified_by_nobody(client_at, shanxi):
    lot = on_sale("shanxi", 4)
    agent = _agent(lot)
    _says(agent, lot, 4, Counting.DECLARED)
    row = row_of(lot.pool)
    assert (row.status, row.confirmed_at) == ("declared", None)
    assert "Its cards are declared, not measured" in resolve(client_at, row.text).content.decode()
    _says(agent, lot, 4)
    assert row_of(lot.pool).status == "valid"
    assert "counts this pool" in resolve(client_at, row.text).content.decode()


def test_nonsense_for_a_day_lets_it_expire(shanxi, time_machine):
    time_machine.move_to("2026-03-01 12:00 +0800", tick=False)
    lot = on_sale("shanxi", 4)
    agent = _agent(lot)
    _says(agent, lot, 4)
    time_machine.shift(timedelta(hours=25))
    _says(agent, lot, 5)
    assert row_of(lot.pool).status == "expired"


def _agent(lot) -> Agent:
    return report(lot)


def _says(agent, lot, cards: int, counting: str = Counting.COUNTED) -> None:
    with in_province(lot.province):
        reports.accept_report(agent, Report([Counted(lot.pool.slug, cards, counting=counting)]))


# Resolving ---------------------------------------------------------------------------------------


def test_visitors_resolve_an_identifier(client_at, shanxi):
    lot = on_sale("shanxi", 4)
    _says(_agent(lot), lot, 4)
    row = row_of(lot.pool)
    page = resolve(client_at, row.text.lower()).content.decode()
    for words in (row.text, "valid", lot.provider.organisation.name_zh, "4 / 4", "Last heartbeat", lot.offer.name_zh):
        assert words in page


@pytest.mark.parametrize(
    ("text", "status", "sentence"),
    [
        ("CP-14-000128-Z-A910B3-DT1-00042-1", 404, "This identifier was never issued"),
        ("CP-14-000128-Z-A910B3-DT1-00042-2", 422, "there may be a typing error"),
        ("nonsense<b>", 422, "this one has 1"),
        ("CP-14-128-Z-A910B3-DT1-00042-1", 422, "The provider code must be six digits"),
    ],
)
def test_what_resolves_to_nothing_says_why(client_at, db, text, status, sentence):
    answer = resolve(client_at, text)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert "<b>" not in answer.content.decode().split("</form>")[-1].split("<footer")[0].replace("<b>¥", "")
    api = client_at().get(f"/api/v1/identifiers/{text}/", headers={"accept-language": "en"})
    assert api.status_code == status
    assert api.headers["Content-Type"] == "application/problem+json"


def test_programs_resolve_an_identifier(client_at, pool):
    with in_province("shanxi"):
        supply.counted(pool, 8, 5)
    row = row_of(pool)
    answer = client_at().get(f"/api/v1/identifiers/{row.text}/").json()
    assert answer["identifier"] == row.text
    assert answer["status"] == "declared"
    assert answer["parts"] == {
        "province": "14",
        "provider": "000001",
        "kind": "Z",
        "model": "A910B3",
        "site": "DT1",
        "serial": "00001",
    }
    assert (answer["cards_total"], answer["cards_available"]) == (8, 5)


def test_a_cancelled_identifier_shows_no_stock(client_at, pool):
    issuing.cancel([pool.pk])
    text = Identifier.objects.get().text
    page = resolve(client_at, text).content.decode()
    assert "never used again" in page
    assert "Last heartbeat" not in page
    assert client_at().get(f"/api/v1/identifiers/{text}/").json()["cards_total"] is None


def test_the_search_of_the_catalogue_knows_an_identifier(client_at, pool):
    answer = client_at().get("/catalogue/", {"q": row_of(pool).text})
    assert (answer.status_code, answer.url) == (302, f"/identifiers/?identifier={row_of(pool).text}")


def test_the_identifier_stands_on_offer_register_and_comparison(client_at, shanxi):
    lot = on_sale("shanxi", 4)
    text = row_of(lot.pool).text
    for client, path in (
        (client_at(), f"/catalogue/shanxi/{lot.offer.slug}/"),
        (client_at("shanxi"), "/sites/"),
        (client_at(), f"/catalogue/compare/?offer={lot.offer.pk}"),
    ):
        assert text in client.get(path).content.decode()


def test_resolving_costs_the_same_for_one_offer_and_for_three(client_at, shanxi):
    lot = on_sale("shanxi", 4)
    client, path = client_at(), f"/identifiers/?identifier={row_of(lot.pool).text}"
    client.get(path)
    one = queries(client, path)
    with in_province("shanxi"):
        for _number in range(2):
            actions.publish_offer(supply.draft(lot.provider, "shanxi", lot.pool))
    assert queries(client, path) == one == 3


def test_counts_without_a_report_verify_nothing(pool):
    assert Availability.objects.get(pool=pool.pk).confirmed_at is None
