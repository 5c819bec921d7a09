"""Licence and phone numbers are read as people write them and kept in one form."""

import pytest

from marketplace.onboarding.answers.forms import ContactForm, TelecomLicenceForm
from marketplace.onboarding.numbers import account_number, filing_number, licence_number, phone_number


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("合字B2-20190051", "合字B2-20190051"),
        ("合字A1.B1.B2-20180017", "合字A1.B1.B2-20180017"),
        ("合字Ａ１．Ｂ１．Ｂ２－２０１８００１７", "合字A1.B1.B2-20180017"),
        ("合字A1、B1、B2-20180017", "合字A1.B1.B2-20180017"),
        ("沪B2-20210123号", "沪B2-20210123"),
        ("沪 b2 — 20210123 号", "沪B2-20210123"),
        ("晋B1.B2-20231234", "晋B1.B2-20231234"),
        ("B1-20231234", "B1-20231234"),
        ("\ufeffB1-20231234", "B1-20231234"),
        ("B3-20231234", None),
        ("B1-2023123", None),
        ("京ICP证030173号", None),
        ("", None),
    ],
)
def test_a_telecom_licence(written, kept):
    assert licence_number(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0351-1234567转8001", "0351-1234567转8001"),
        ("(0351)1234567", "0351-1234567"),
        ("（０３５１）１２３４５６７", "0351-1234567"),
        ("（0351） 1234567 分机 8001", "0351-1234567转8001"),
        ("0351-1234567-8001", "0351-1234567转8001"),
        ("0351 1234567 ext. 8001", "0351-1234567转8001"),
        ("03511234567", "0351-1234567"),
        ("010-12345678", "010-12345678"),
        ("021 1234 5678", "021-12345678"),
        ("+86 351 1234567", "0351-1234567"),
        ("+86-10-12345678", "010-12345678"),
        ("0086 138 1234 5678", "13812345678"),
        ("１３８－１２３４－５６７８", "13812345678"),
        ("400-123-4567", "400-123-4567"),
        ("400 1234 567", "400-123-4567"),
        ("95588", "95588"),
        ("+49 (30) 123-4567", "+49301234567"),
        ("1234", None),
        ("0351-12345", None),
        ("call me", None),
        ("太原 1234567", None),
        ("0351-1234567转", None),
    ],
)
def test_a_phone(written, kept):
    assert phone_number(written) == kept


@pytest.mark.parametrize("written", ["0351-1234567转8001", "13812345678", "400-123-4567", "+49301234567"])
def test_what_is_kept_reads_as_itself(written):
    assert phone_number(written) == written


def test_other_numbers_in_full_width():
    assert filing_number("１４０１００－２３００１－００００１") == "140100-23001-00001"
    assert account_number("６２２２ ０２００-1234 5678 901") == "6222020012345678901"
    assert (filing_number("no"), account_number("12-34")) == (None, None)


def test_the_form_keeps_them_in_that_form_and_says_what_it_takes(shanxi):
    given = {"name": "值班员", "phone": "（０３５１）１２３４５６７转８００１", "email": "duty@example.test"}
    form = ContactForm(given, application=None)
    assert form.is_valid(), form.errors
    assert form.facts()["phone"] == "0351-1234567转8001"
    form = TelecomLicenceForm({"number": "沪B2-20210123号", "valid_until": "2099-12-31"}, application=None)
    assert form.is_valid(), form.errors
    assert form.facts()["number"] == "沪B2-20210123"
    assert not ContactForm(given | {"phone": "call me"}, application=None).is_valid()
