"""The lists of the national taxonomy read as words, in both languages; files keep the codes."""

import csv
import io

import pytest

from portal.directory.models import BaseModel, CardModel
from portal.directory.taxonomy.words import BASES, CLASSES
from portal.runtime.sample import tables
from tests.portal.accounts.people import sign_in, staff

pytestmark = pytest.mark.django_db
CARDS, MODELS = "/staff/directory/cardmodel/", "/staff/directory/basemodel/"


@pytest.fixture
def rows(db) -> None:
    names = {"name_zh": "甲", "name_en": "A", "vendor_zh": "乙", "vendor_en": "B"}
    CardModel.objects.create(slug="maker-one", card_class="train-large", basis="cited", domestic=True, **names)
    other = {**names, "name_zh": "丙", "name_en": "C"}
    CardModel.objects.create(slug="maker-two", card_class="odd-class", basis="declared", domestic=True, **other)
    BaseModel.objects.create(slug="one", kind="base", domain="law", modality="text", basis="own-knowledge", **names)


def page(client_at, path: str, language: str) -> str:
    client = sign_in(client_at(), staff("operator"), second_factor=True)
    client.cookies["django_language"] = language
    return client.get(path).content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("large training", "source named")), ("zh-hans", ("大型训练", "有出处"))],
)
def test_card_models_are_listed_and_filtered_by_words(rows, client_at, language, words):
    html = page(client_at, CARDS, language)
    listed = html.split('id="result_list"')[1].split("</table>")[0]
    for word in words:
        assert f">{word}</td>" in listed
        assert f">{word}</a>" in html
    assert "train-large" not in listed
    assert "odd-class</td>" in listed


def test_base_models_are_listed_by_words(rows, client_at):
    html = page(client_at, MODELS, "zh-hans")
    listed = html.split('id="result_list"')[1].split("</table>")[0]
    for word in ("基础模型", "法律", "文本", "无出处"):
        assert f">{word}</td>" in listed


def test_a_file_keeps_the_codes_so_that_it_can_be_read_in_again(rows, client_at):
    client = sign_in(client_at(), staff("operator"), second_factor=True)
    text = b"".join(client.get(f"{CARDS}export/csv/").streaming_content).decode("utf-8-sig")
    row = next(row for row in csv.DictReader(io.StringIO(text)) if "maker-one" in row.values())
    assert {"train-large", "cited"} <= set(row.values())


def test_every_code_of_the_sample_has_a_word():
    assert {row["card_class"] for row in tables.rows("card_models")} - set(CLASSES) == set()
    assert {row["basis"] for name in ("card_models", "base_models") for row in tables.rows(name)} - set(BASES) == set()


@pytest.mark.parametrize(
    ("typed", "kept"), [("1_064", None), ("1e3", None), ("8,50", None), ("1,064.00", 1064), ("１０６４", 1064)]
)
def test_the_form_reads_numbers_as_the_file_does(rows, client_at, typed, kept):
    client = sign_in(client_at(), staff("operator"), second_factor=True)
    client.cookies["django_language"] = "en"
    names = {"name_zh": "丙卡", "name_en": "Card C", "vendor_zh": "乙", "vendor_en": "B"}
    said = {**names, "slug": "maker-new", "card_class": "train-large", "basis": "cited", "memory_gb": typed}
    html = client.post(f"{CARDS}add/", said, follow=True).content.decode()
    assert ("Write a whole number as 1234 or 1,234" in html) == (kept is None)
    assert list(CardModel.objects.filter(slug="maker-new").values_list("memory_gb", flat=True)) == (
        [kept] if kept else []
    )
