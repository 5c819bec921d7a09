"""Unified social credit codes, GB 32100-2015."""

import pytest

from portal.accounts import uscc
from tenants.acts import Refusal
from tests.portal.accounts.people import credit_code

EXAMPLE = "91350100M000100Y43"
"""The example of the standard: 91350100M000100Y4 gives 3."""


def refusal_of(text: str) -> str:
    with pytest.raises(Refusal) as caught:
        uscc.clean(text)
    assert caught.value.code in ("wrong_credit_code", "credit_code_misfit")
    return str(caught.value)


def test_the_example_of_the_standard_passes():
    assert uscc.check_character(EXAMPLE[:17]) == "3"
    assert uscc.clean(EXAMPLE) == EXAMPLE


def test_spaces_and_small_letters_do_not_matter():
    assert uscc.clean(" 91350100 m000100y43 ") == EXAMPLE


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The credit code has 0 characters; it must have 18. Nothing was saved."),
        (EXAMPLE[:17], "The credit code has 17 characters; it must have 18. Nothing was saved."),
        (
            "9135O100M000100Y43",
            "Character 5 of the credit code is “O”, which no credit code contains. Nothing was saved.",
        ),
        (
            "91A50100M000100Y43",
            "Characters 3 to 8 of the credit code must be digits: they name the registration authority. "
            "Nothing was saved.",
        ),
        (
            "91350100M000200Y43",
            "Character 17, the check character of the organisation part (9 to 17), does not fit. Nothing was saved.",
        ),
        (
            "91350100M000100Y44",
            "The last character, the check character of the whole credit code, does not fit. Nothing was saved.",
        ),
        (
            "92350100M000100Y43",
            "The last character, the check character of the whole credit code, does not fit. Nothing was saved.",
        ),
    ],
)
def test_each_fault_is_named(text, sentence, settings):
    from django.utils import translation

    with translation.override("en"):
        assert refusal_of(text) == sentence


def test_every_wrong_single_character_is_found():
    """Weights 3^(i−1) mod 31 see any one changed character, in any place."""
    for place in range(18):
        for char in uscc.ALPHABET:
            changed = EXAMPLE[:place] + char + EXAMPLE[place + 1 :]
            if changed != EXAMPLE:
                refusal_of(changed)


def test_test_codes_pass_only_in_the_sample_world(settings):
    code = credit_code(7)
    settings.SAMPLE_WORLD = True
    assert uscc.clean(code) == code
    settings.SAMPLE_WORLD = False
    assert "919900" in refusal_of(code)


def test_organisation_part_writes_10_as_x_and_11_as_0():
    """11 − sum mod 11: for 00000003 the sum is 6, and so on; the two special values are reached."""
    found = {uscc.organisation_check_character(f"{number:08d}") for number in range(200)}
    assert found == set("0123456789X")
