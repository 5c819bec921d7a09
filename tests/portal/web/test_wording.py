"""Money, numbers and times as pages write them."""

import ast
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import override

from portal.runtime.translations import messages
from portal.web import wording

YUAN = 1_000_000

SENTENCE_ENDS = r"""(?:[.?!:]"(?: context "[^"]*")? %\}|[.?!:](?:</\w+>)?\s*\{% endblocktranslate %\})"""
INLINE = r"(?:</(?:a|b|strong|em|code|small)>|\{% endif %\}|\{% if [^%]*%\})*"
TEXT_FOLLOWS = (
    r"""(?:\{% (?:translate "[^"]*"(?! as)|blocktranslate|state_pill|for)"""
    r"""|\{\{|<(?:a|b|strong|em|small|code|time)\b|\w)"""
)
SPACE_BETWEEN = re.compile(SENTENCE_ENDS + INLINE + r"\s+" + INLINE + TEXT_FOLLOWS)


@pytest.mark.parametrize(
    ("amount_u", "text"),
    [
        (12_345_600_000, "¥12,345.60"),
        (0, "¥0.00"),
        (5_000, "¥0.01"),
        (4_999, "¥0.00"),
        (-784_800_000, "−¥784.80"),
        (9_007_199_254_740_993, "¥9,007,199,254.74"),
    ],
)
def test_money_has_two_decimals_and_a_real_minus(amount_u, text):
    assert wording.money(amount_u) == text


@pytest.mark.parametrize(
    ("amount_u", "text"),
    [(2_180_000, "¥2.18"), (278, "¥0.000278"), (-1_500_001, "−¥1.500001"), (3 * YUAN, "¥3.00")],
)
def test_exact_money_shows_every_micro_yuan_it_has(amount_u, text):
    assert wording.money_exact(amount_u) == text


def test_a_unit_price_names_its_unit():
    with override("en"):
        assert wording.unit_price(2_180_000) == "¥2.18 / card-hour"
        assert wording.unit_price(381_030_000, "TB-month") == "¥381.03 / TB-month"


def test_what_is_missing_is_said_and_zero_is_not_missing():
    with override("en"):
        for write in (wording.money, wording.money_exact, wording.thousands, wording.beijing, wording.unit_price):
            assert write(None) == "no data"
    assert wording.thousands(0) == "0"


@pytest.mark.parametrize(("number", "text"), [(1728, "1,728"), ("1680", "1,680"), (119.5, "119.5"), (-3, "−3")])
def test_thousands_have_commas(number, text):
    assert wording.thousands(number) == text


NEW_YEAR = datetime(2025, 12, 31, 16, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "html"),
    [
        ("", '<time datetime="2026-01-01T00:00:05+08:00">2026-01-01 00:00</time>'),
        ("seconds", '<time datetime="2026-01-01T00:00:05+08:00">2026-01-01 00:00:05</time>'),
        ("clock", '<time datetime="2026-01-01T00:00:05+08:00">00:00:05</time>'),
        ("date", '<time datetime="2026-01-01">2026-01-01</time>'),
        ("zone", '<time datetime="2026-01-01T00:00:05+08:00">2026-01-01 00:00 Beijing time (UTC+8)</time>'),
    ],
)
def test_times_are_beijing_times_with_their_offset(form, html):
    with override("en"):
        assert wording.beijing(NEW_YEAR, form) == html


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, ""),
        (-5, "0 seconds ago"),
    ],
)
def test_an_age_is_told_below_one_hour_only(age, text):
    with override("en"):
        assert wording.ago(NEW_YEAR - timedelta(seconds=age), now=NEW_YEAR) == text


def test_a_name_comes_in_the_language_of_the_page_and_falls_back_to_chinese():
    thing = {"name_zh": "大同", "name_en": "Datong", "reason_zh": "价格最低", "reason_en": ""}
    with override("zh-hans"):
        assert (wording.named(thing), wording.named(thing, "reason")) == ("大同", "价格最低")
    with override("en"):
        assert (wording.named(thing), wording.named(thing, "reason")) == ("Datong", "价格最低")


def test_no_sentence_hides_in_an_f_string():
    """Python 3.11 reads an f-string as one word, so the catalogue would never hear of the sentence inside."""
    for folder in messages.FOLDERS:
        for path in (settings.BASE_DIR / folder).rglob("*.py"):
            strings = [one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.JoinedStr)]
            calls = [part.func for one in strings for part in ast.walk(one) if isinstance(part, ast.Call)]
            assert [one.id for one in calls if isinstance(one, ast.Name) and one.id in messages.KEYWORDS] == [], path


@pytest.mark.parametrize(("language", "text"), [("en", "One. Two."), ("zh-hans", "One.Two."), (None, "One. Two.")])
def test_sentences_follow_each_other_with_a_space_but_not_in_chinese(language, text):
    with override(language):
        assert wording.gap().join(["One.", "Two."]) == text
        assert Template("{% load portal_ui %}One.{% gap %}Two.").render(Context()) == text


def test_no_template_puts_a_space_of_its_own_between_sentences():
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        assert SPACE_BETWEEN.findall(path.read_text()) == [], path
