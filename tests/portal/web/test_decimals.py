"""Numbers are read in one way or not at all: by files, forms and programs alike."""

from decimal import Decimal

import pytest

from portal.web.texts import decimals
from portal.web.texts.fields import DecimalField, WholeField

pytestmark = pytest.mark.usefixtures("english")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8.5", "8.5"),
        ("0.85", "0.85"),
        (".85", "0.85"),
        ("1,234.50", "1234.5"),
        ("1,234,567", "1234567"),
        ("1234567", "1234567"),
        ("-3", "-3"),
        ("−3", "-3"),
        ("0", "0"),
        ("007", "7"),
        (" 62.00 ", "62"),
        ("1.210", "1.21"),
        ("8.000000", "8"),
        ("８．５０", "8.5"),
        ("１，２３４．５", "1234.5"),
    ],
)
def test_what_everybody_reads_alike(text, number):
    assert str(decimals.read(text)) == number


@pytest.mark.parametrize(
    "text",
    [
        *(
            "8,50",
            "0,85",
            "1.234,50",
            "8,5,0",
            "1,23",
            "12,34.5",
            "1,2345",
            ",5",
            "1,,234",
            "1,234,5",
            "1.2.3",
            "1 234",
        ),
        *("", " ", "-", ".", "8.", "+5", "1e3", "1E+5", "2.02611E+16", "1_000", "nan", "Infinity", "0x10", "٣", "一"),
        *("8;5", "8'5", "¥8", "8元", "62%", "8 ms", "1" * 41),
    ],
)
def test_what_has_two_readings_or_none(text):
    with pytest.raises(ValueError, match=r".*"):
        decimals.read(text)


@pytest.mark.parametrize(
    ("text", "units", "number"),
    [
        ("62.00%", ("%",), "62"),
        ("62％", ("%",), "62"),
        ("8.00 ms", ("ms",), "8"),
        ("¥8.50", ("¥", "元"), "8.5"),
        ("￥8.50", ("¥", "元"), "8.5"),
        ("8.50 元", ("¥", "元"), "8.5"),
    ],
)
def test_the_unit_may_stand_beside_its_number(text, units, number):
    assert str(decimals.read(text, units)) == number


@pytest.mark.parametrize("text", ["¥¥8", "¥8元", "%62%", "8 s", "% 8,5"])
def test_one_unit_and_no_other(text):
    with pytest.raises(ValueError, match=r".*"):
        decimals.read(text, ("¥", "元", "%"))


def test_zeros_at_the_end_are_no_decimals():
    form = DecimalField(max_digits=3, decimal_places=2)
    assert form.clean("1.210000") == Decimal("1.21")
    assert form.clean(Decimal("1.2100")) == Decimal("1.21")
    assert str(decimals.trimmed(Decimal("1E+3"))) == "1000"


def test_a_whole_number_is_whole():
    form = WholeField(max_value=2_000)
    assert [form.clean(text) for text in ("1,200", "12.00", 7)] == [1200, 12, 7]
    for text in ("1.5", "1_2", "1e2", "12,00"):
        with pytest.raises(Exception, match="Write a whole number as 1234 or 1,234"):
            form.clean(text)


def test_every_form_for_numbers_reads_so(db):
    """Django's own number fields take “1_000” and “1e3”."""
    from django import forms

    from marketplace.catalog import forms as catalog
    from marketplace.catalog.tables import rows
    from marketplace.onboarding.answers import forms as onboarding
    from portal.checkout import forms as checkout
    from portal.directory.wishes import forms as directory
    from portal.ledger import admin as ledger

    found = [
        field
        for module in (catalog, rows, onboarding, checkout, directory, ledger)
        for form in vars(module).values()
        if isinstance(form, type) and issubclass(form, forms.BaseForm)
        for field in form.base_fields.values()
        if isinstance(field, forms.IntegerField | forms.DecimalField)
    ]
    assert len(found) > 20
    assert {type(field).__name__ for field in found if not isinstance(field, DecimalField | WholeField)} == set()
