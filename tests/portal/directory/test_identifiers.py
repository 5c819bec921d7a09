"""The grammar of identifiers: every single wrong character and every exchange of neighbours is found."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.directory.identifiers.grammar import (
    CHARACTERS,
    EXAMPLE,
    Malformed,
    Parts,
    check_character,
    initials,
    kind_of,
    looks_like_one,
    numbered,
    parse,
)

some_parts = st.builds(
    Parts,
    province=st.integers(0, 99).map("{:02d}".format),
    provider=st.integers(0, 999_999).map("{:06d}".format),
    kind=st.sampled_from("TZC"),
    model=st.text(CHARACTERS, min_size=2, max_size=24),
    site=st.tuples(
        st.sampled_from(CHARACTERS[10:]), st.sampled_from(CHARACTERS[10:]), st.sampled_from(CHARACTERS[1:])
    ).map("".join),
    serial=st.integers(0, 99_999).map("{:05d}".format),
).filter(lambda parts: parts.check() is not None)


def test_the_example_is_right():
    assert parse(EXAMPLE) == Parts("14", "000128", "Z", "A910B3", "DT1", "00042")
    assert parse(EXAMPLE).text() == EXAMPLE


@pytest.mark.parametrize(("body", "check"), [("0", "1"), ("J", "0"), ("12", "U"), ("G123498654321", "H")])
def test_check_characters_worked_out_by_hand(body, check):
    """ISO/IEC 7064: values times powers of 2 leave 1 modulo 37. The last is ISBT 128's example of the same system."""
    assert check_character(body) == check
    digits = [CHARACTERS.index(one) for one in body + check]
    assert sum(value * 2**place for place, value in enumerate(reversed(digits))) % 37 == 1


def test_the_thirty_seventh_character_is_never_written():
    assert check_character("1") is None


@given(some_parts)
def test_what_is_written_is_read(parts):
    assert parse(parts.text()) == parts


@given(some_parts, st.data())
def test_every_single_wrong_character_is_found(parts, data):
    text = parts.text()
    place = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(st.sampled_from(CHARACTERS + "-").filter(lambda one: one != text[place]))
    with pytest.raises(Malformed):
        parse(text[:place] + wrong + text[place + 1 :])


@given(some_parts, st.data())
def test_every_exchange_of_neighbours_is_found(parts, data):
    text = parts.text()
    places = [place for place in range(len(text) - 1) if text[place] != text[place + 1]]
    place = data.draw(st.sampled_from(places))
    with pytest.raises(Malformed):
        parse(text[:place] + text[place + 1] + text[place] + text[place + 2 :])


@given(st.text())
def test_nothing_but_an_identifier_is_read(text):
    with suppress(Malformed):
        assert looks_like_one(parse(text).text())


@pytest.mark.parametrize(
    "written",
    [
        EXAMPLE.lower(),
        f"  {EXAMPLE} ",
        EXAMPLE.replace("-", "—"),
        "ＣＰ－14－000128－Z－A910B3－DT1－00042－1",
        EXAMPLE.replace("Z-", "Z- "),
    ],
)
def test_people_may_write_it_in_their_way(written):
    assert parse(written).text() == EXAMPLE


@pytest.mark.parametrize(
    ("text", "part", "sentence"),
    [
        ("", "parts", "this one has 0"),
        ("CP-14", "parts", "this one has 2"),
        ("XP-14-000128-Z-A910B3-DT1-00042-1", "prefix", "The prefix must be the letters CP; “XP” is not."),
        ("CP-1-000128-Z-A910B3-DT1-00042-1", "province", "The province code must be two digits; “1” is not."),
        ("CP-14-128-Z-A910B3-DT1-00042-1", "provider", "six digits"),
        ("CP-14-000128-X-A910B3-DT1-00042-1", "kind", "one of the letters T, Z and C"),
        ("CP-14-000128-Z-A-DT1-00042-1", "model", "2 to 24 letters and digits"),
        ("CP-14-000128-Z-A910B3-DT0-00042-1", "site", "“DT0” is not."),
        ("CP-14-000128-Z-A910B3-DT1-42-1", "serial", "five digits"),
        ("CP-14-000128-Z-A910B3-DT1-00042-*", "check", "one letter or digit"),
        ("CP-14-000128-Z-A910B3-DT1-00042-2", "check", "there may be a typing error"),
        ("CP-14-000128-Z-A910B3-DT1-00024-1", "check", "there may be a typing error"),
    ],
)
def test_the_sentence_names_the_part_that_is_wrong(english, text, part, sentence):
    with pytest.raises(Malformed) as fault:
        parse(text)
    assert fault.value.part == part
    assert sentence in fault.value.sentence


@pytest.mark.parametrize(
    ("city", "letters"),
    [
        ("Datong", "DT"),
        ("Suzhou", "SZ"),
        ("Zhongwei", "ZW"),
        ("Xi'an", "XA"),
        ("Shenyang", "SY"),
        ("", "XX"),
        ("E", "EX"),
    ],
)
def test_a_site_code_begins_with_the_initials_of_its_city(city, letters):
    assert initials(city) == letters


def test_site_codes_are_numbered_until_none_is_left():
    assert numbered("DT", set()) == "DT1"
    assert numbered("DT", {"DT1", "DT2"}) == "DT3"
    assert numbered("DT", {f"DT{one}" for one in CHARACTERS}) is None


def test_cards_for_double_precision_are_super_computing():
    assert (kind_of("hpc-fp64"), kind_of("train-mid")) == ("C", "Z")
