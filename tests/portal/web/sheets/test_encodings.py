"""The encoding of a file is decided by what it says, not by whether it decodes; what stays in doubt is asked."""

import re

import pytest
from django.conf import settings

from portal.runtime.sample import tables
from portal.web.sheets.encodings import GB_18030, UTF_8, decoded, recognise
from portal.web.sheets.reading import read

NAMES = {"site": ["site"], "name_zh": ["name_zh"], "city_zh": ["city_zh"]}
FILE = "site,name_zh,city_zh\nty-1,{name},太原\n"

pytestmark = pytest.mark.usefixtures("english")


def test_two_characters_whose_bytes_are_utf_8_too():
    data = FILE.format(name="太原").encode("gb18030")
    assert data.decode("utf-8") != FILE.format(name="太原")
    table = read(data, NAMES, 10)
    assert (table.encoding, [row.cells["city_zh"] for row in table.rows]) == (GB_18030, ["太原"])
    assert table.readings == {UTF_8: "ty-1,\u032b\u052d,\u032b\u052d", GB_18030: "ty-1,太原,太原"}


def chinese_words() -> set[str]:
    """Of one to six characters, out of the catalogue of sentences and the names of the sample."""
    text = (settings.BASE_DIR / "portal/locale/zh_Hans/LC_MESSAGES/django.po").read_text()
    text += " ".join(
        value
        for name in ("sites_sample", "providers_sample", "base_models")
        for row in tables.rows(name)
        for value in row.values()
    )
    runs = set(re.findall(r"[\u4e00-\u9fff]+", text))
    return {run[at : at + size] for run in runs for size in (1, 2, 3, 6) for at in range(len(run) - size + 1)}


def test_no_chinese_word_alone_in_a_file_is_taken_for_the_other_encoding():
    words = chinese_words()
    assert len(words) > 10_000
    alike = {word for word in words if decoded(f"name\n{word},x\n".encode("gb18030"), UTF_8) is not None}
    assert len(alike) > 300  # whose bytes are valid UTF-8
    for encoding, name in (("utf-8", UTF_8), ("gb18030", GB_18030)):
        answers = {word: recognise(f"name\n{word},x\n".encode(encoding)).encoding for word in words}
        assert {word for word, answer in answers.items() if answer not in (name, "")} == set()
        assert len([word for word, answer in answers.items() if answer == ""]) < len(words) / 5_000


@pytest.mark.parametrize(
    "text",
    ["Zürich", "Café", "Århus", "Łódź", "200 μs", "5 m²", "A·B", "¥8.50", "10°C", "“quoted”", "昇腾 910B3·64G·按时"],
)
def test_signs_and_letters_of_utf_8_are_left_as_they_are(text):
    assert recognise(f"a,b\n{text},1\n".encode()).encoding == UTF_8


@pytest.mark.parametrize(
    ("data", "readings"),
    [
        ("a,b\nZürich,1\n".encode("latin-1"), {GB_18030: "Z黵ich,1"}),
        ("a,b\nМосква,1\n".encode(), {UTF_8: "Москва,1", GB_18030: "袦芯褋泻胁邪,1"}),
        ("a,b\n甬潮,1\n".encode("gb18030"), {UTF_8: "𮳱,1", GB_18030: "甬潮,1"}),
    ],
)
def test_what_could_be_either_is_asked_with_both_readings(data, readings):
    found = recognise(data)
    assert (found.encoding, found.readings) == ("", readings)


def test_the_question_shows_the_readings_and_an_answer_decides():
    data = FILE.format(name="Zürich").replace("太原", "Bern").encode("latin-1")
    table = read(data, NAMES, 10)
    (fault,) = table.faults
    assert "GB18030: “ty-1,Z黵ich,Bern”" in fault.sentence
    assert read(data, NAMES, 10, encoding=GB_18030).rows[0].cells["name_zh"] == "Z黵ich"
    assert read(data, NAMES, 10, encoding=UTF_8).rows == []
    assert read(data, NAMES, 10, encoding="latin-1").rows == []


def test_a_byte_order_mark_decides():
    data = "name\n\u032b,x\n".encode("utf-8-sig")
    assert recognise(data).encoding == UTF_8
    assert recognise(b"\xef\xbb\xbf\xff").encoding == ""
