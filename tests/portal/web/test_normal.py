"""Codes and words are compared in one form, and a number whose end is lost is no code."""

import pytest

from portal.web.texts import normal


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("\ufeff91310000MA1FL4567X", "91310000MA1FL4567X"),
        ("９１３１００００ＭＡ１ＦＬ４５６７Ｘ", "91310000MA1FL4567X"),
        ("9131 0000 MA1F\u3000L4567X ", "91310000MA1FL4567X"),
        ("91310000\u200bMA1FL\u202e4567X", "91310000MA1FL4567X"),
    ],
)
def test_a_code_has_one_form(written, form):
    assert normal.code(written) == form


@pytest.mark.parametrize("written", ["上架率（%）", "上架率(%)", "上架率 (%)", "上架率（％）", "\ufeff 上架率 （ % ）"])
def test_a_head_has_one_form(written):
    assert normal.word(written) == "上架率(%)"


@pytest.mark.parametrize(
    "written", ["2.02611E+16", "2.02611e+16", " 2E+16", "２．０２６１１Ｅ＋１６", "-1.5E+05", "2,02611E+16"]
)
def test_a_shortened_number_is_known(written):
    assert normal.is_shortened(written)


@pytest.mark.parametrize("written", ["20261100000012345", "E+16", "A2.02611E+16", "2.02611E16", "1e5", "", "SN-2E+16"])
def test_other_codes_are_not_taken_for_one(written):
    assert not normal.is_shortened(written)
