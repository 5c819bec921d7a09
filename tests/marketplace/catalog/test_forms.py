"""What providers type in: figures in their ranges, prices to the micro-yuan, cards line by line."""

from decimal import Decimal

import pytest

from marketplace.catalog import actions
from marketplace.catalog.forms import DescriptionForm, OfferForm, PoolForm, PriceForm, SiteForm, form_for
from marketplace.catalog.supply.card_forms import CardsForm
from tenants.context import in_province
from tests.marketplace.catalog import supply

SITE = {"name_zh": "平城机房", "city_zh": "大同"}


@pytest.fixture
def ours(shanxi):
    offer = supply.offer("shanxi")
    with in_province("shanxi"):
        yield offer


def test_a_site_needs_a_name_and_a_city_only():
    form = SiteForm(SITE)
    assert form.is_valid()
    assert {name: value for name, value in form.cleaned_data.items() if value not in (None, "")} == SITE
    assert set(SiteForm({}).errors) == {"name_zh", "city_zh"}


def test_shares_are_typed_in_per_cent_and_kept_from_0_to_1(db):
    form = SiteForm({**SITE, "green_share": "52.5", "rack_rate": "100", "pue": "1.18"})
    assert form.is_valid()
    assert (form.cleaned_data["green_share"], form.cleaned_data["rack_rate"]) == (Decimal("0.525"), Decimal(1))
    shown = SiteForm(initial={"green_share": Decimal("0.525"), "rack_rate": Decimal("0.5")})
    assert (shown["green_share"].value(), shown["rack_rate"].value()) == ("52.5", "50")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pue", "0.99"),
        ("pue", "3"),
        ("pue", "1.234"),
        ("pue", "low"),
        ("pue", "NaN"),
        ("green_share", "100.1"),
        ("green_share", "-1"),
        ("rtt_ms_beijing", "-0.1"),
        ("rtt_ms_beijing", "Infinity"),
        ("racks", "0"),
        ("racks", "1.5"),
        ("name_zh", "长" * 121),
        ("city_zh", "  "),
    ],
)
def test_impossible_figures_are_refused_at_their_field(field, value):
    assert list(SiteForm({**SITE, field: value}).errors) == [field]


def test_what_a_form_cleans_is_what_its_act_takes(ours):
    site = actions.add_site(ours.provider, **_cleaned(SiteForm({**SITE, "pue": "1.2", "racks": "40"})))
    pool = actions.add_pool(site, **_without_site(PoolForm(_pool(site.slug), provider=ours.provider)))
    said = {"name_zh": "新品", "category": "intelligent", "mode": "instant", "pool": pool.slug, "min_hours": "1"}
    offer = actions.draft_offer(ours.provider, **_cleaned(OfferForm(said, provider=ours.provider)))
    price = PriceForm({"unit": "card-hour", "price_u": "2.180001"}, offer=offer)
    assert actions.set_price(offer, **_cleaned(price)).price_u == 2_180_001
    assert offer.pool == pool


def _pool(site: str) -> dict[str, str]:
    return {"site": site, "card_model": "ascend-910b3", "mode": "discrete", "network": "RoCE"}


def _cleaned(form) -> dict:
    assert form.is_valid(), form.errors
    return form.cleaned_data


def _without_site(form) -> dict:
    return {name: value for name, value in _cleaned(form).items() if name != "site"}


def test_a_pool_stands_at_an_own_site_with_a_known_card_model(ours):
    theirs = supply.site(supply.provider("shanxi"), "shanxi")
    assert list(PoolForm(_pool(theirs.slug), provider=ours.provider).errors) == ["site"]
    unknown = {**_pool(ours.pool.site.slug), "card_model": "nobody-knows"}
    assert list(PoolForm(unknown, provider=ours.provider).errors) == ["card_model"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"pool": ""}, "pool"),
        ({"category": "storage"}, "pool"),
        ({"category": "model-service", "pool": ""}, "base_model"),
        ({"min_hours": "0"}, "min_hours"),
        ({"sla_percent": "100.001"}, "sla_percent"),
        ({"mode": "gift"}, "mode"),
    ],
)
def test_an_offers_faults_stand_at_their_fields(ours, said, field):
    given = {"name_zh": "新", "category": "intelligent", "mode": "instant", "pool": ours.pool.slug, "min_hours": "1"}
    assert OfferForm(given, provider=ours.provider).is_valid()
    assert list(OfferForm({**given, **said}, provider=ours.provider).errors) == [field]


def test_a_missing_pool_is_said_beside_the_other_faults(ours):
    given = {"name_zh": "", "category": "intelligent", "mode": "instant", "pool": "", "min_hours": "0"}
    assert list(OfferForm(given, provider=ours.provider).errors) == ["name_zh", "min_hours", "pool"]
    given = {"name_zh": "新", "category": "intelligent", "mode": "instant", "pool": "nowhere", "min_hours": "1"}
    assert [len(errors) for errors in OfferForm(given, provider=ours.provider).errors.values()] == [1]


def test_a_listed_offer_may_change_its_words_only(ours):
    assert form_for(ours) is DescriptionForm
    assert form_for(supply.draft(ours.provider, "shanxi", ours.pool)) is OfferForm


@pytest.mark.parametrize("price", ["", "-1", "1.2345678", "free", "100000001"])
def test_a_price_is_yuan_with_up_to_six_decimals(ours, price):
    assert list(PriceForm({"unit": "card-hour", "price_u": price}, offer=ours).errors) == ["price_u"]


def test_cards_are_read_line_by_line(ours):
    form = CardsForm({"rows": "gpu-1 SN-1\n\n gpu-1,SN-2 \r\ngpu-2\tSN-3"})
    assert _cleaned(form)["rows"] == [("gpu-1", "SN-1"), ("gpu-1", "SN-2"), ("gpu-2", "SN-3")]


def test_every_faulty_line_is_named(ours, english):
    taken = ours.pool.cards.first().serial
    form = CardsForm({"rows": f"gpu-1 SN-1\ngpu-2\n节点 SN-2\ngpu-3 SN/%3\n{'x' * 81} SN-4"})
    assert [sentence.partition(":")[0] for sentence in form.errors["rows"]] == ["Line 2", "Line 3", "Line 4", "Line 5"]
    doubled = CardsForm({"rows": "gpu-1 SN-1\ngpu-2 SN-1"})
    assert doubled.errors["rows"] == ["Line 2: The serial SN-1 stands in line 1 already."]
    known = CardsForm({"rows": f"gpu-1 {taken}"})
    assert known.errors["rows"] == [f"Line 1: The serial {taken} is registered in this province already."]


def test_lines_of_all_kinds_of_faults_are_named_at_once_in_their_order(ours, english):
    taken = ours.pool.cards.first().serial
    form = CardsForm({"rows": f"gpu-1 SN-1\ngpu-1 {taken}\n节点 SN-1\ngpu-2"})
    assert form.errors["rows"] == [
        f"Line 2: The serial {taken} is registered in this province already.",
        "Line 3: A node is named by letters, digits, dots and dashes, 80 at most.",
        "Line 3: The serial SN-1 stands in line 1 already.",
        "Line 4: A line has two words.",
    ]


def test_of_very_many_faults_twenty_are_named_and_the_rest_counted(ours, english):
    form = CardsForm({"rows": "\n".join(["one"] * 30)})
    assert (len(form.errors["rows"]), form.errors["rows"][-1]) == (21, "10 more faults.")
