"""Offers are found by words as people type them: joined, in full width, by sound, and nearly right."""

import time

import pytest
from django.core.management import call_command
from django.http import QueryDict

from marketplace.catalog.invariants import findings_in_province
from portal.directory import finding
from portal.directory.browse.catalogue import Asked, Catalogue
from portal.directory.finding import Finder, compact, folded, sounded
from portal.directory.models import BaseModel, OfferIndex
from portal.directory.taxonomy.base_models import ModelList
from tenants.context import in_province
from tests.marketplace.catalog import supply

NVIDIA = {"vendor_zh": "英伟达", "vendor_en": "NVIDIA", "domestic": False}


@pytest.fixture
def offers(shanxi, henan):
    """What each question should find, by name."""
    ascend = supply.card_model("ascend-910b3")
    rtx = supply.card_model("nvidia-rtx4090-24g", name_zh="RTX 4090 24G", name_en="NVIDIA RTX 4090 24 GB", **NVIDIA)
    a800 = supply.card_model("nvidia-a800-sxm-80g", name_zh="A800 SXM 80G", name_en="NVIDIA A800 SXM 80 GB", **NVIDIA)
    supply.offer("shanxi", name_zh="大同散卡", name_en="Datong", model=ascend)
    supply.offer("henan", name_zh="郑州散卡", name_en="Zhengzhou", model=ascend)
    supply.offer("henan", name_zh="洛阳图形卡", name_en="Luoyang graphics", model=rtx)
    supply.offer("henan", name_zh="开封训练卡", name_en="Kaifeng training", model=a800)


MOST_SECONDS = 0.5
"""CPU for two long questions without an answer, over as many offers as the nation has."""
ASCEND, RTX, A800 = {"大同散卡", "郑州散卡"}, {"洛阳图形卡"}, {"开封训练卡"}


def found(words: str) -> set[str]:
    answer = Catalogue(Asked.read(QueryDict(mutable=True) | {"q": words}))
    return {offer.name_zh for offer in answer.page(None).object_list}


QUESTIONS = [
    ("昇腾 910B", ASCEND),
    ("昇腾910B", ASCEND),
    ("９１０Ｂ", ASCEND),
    ("升腾 910b3", ASCEND),
    ("shengteng", ASCEND),
    ("ShengTeng910B", ASCEND),
    ("山西昇腾", {"大同散卡"}),
    ("昇腾山西大同", {"大同散卡"}),
    ("910B大同", ASCEND),
    ("RTX4090", RTX),
    ("rtx-4090", RTX),
    ("ＲＴＸ　４０９０", RTX),
    ("A800SXM", A800),
    ("a800 sxm80g", A800),
    ("nvdia", RTX | A800),
    ("NVIDA 4090", RTX),
    ("yingweida", RTX | A800),
    ("huawai", ASCEND),
    ("昇腾 rtx", set()),
    ("rtx4080", set()),
    ("910D", set()),
    ("%", set()),
    ("qqqqqq", set()),
]


@pytest.mark.parametrize(("words", "names"), QUESTIONS)
def test_what_people_type_finds_what_they_mean(offers, words, names):
    assert found(words) == names


@pytest.mark.parametrize(("words", "names"), QUESTIONS)
def test_programs_and_the_provinces_page_find_the_same(offers, client_at, words, names):
    answer = client_at().get("/api/v1/offers/", {"q": words}).json()
    assert {one["name_zh"] for one in answer["results"]} == names
    page = client_at("henan").get("/offers/", {"q": words}).content.decode()
    here = names - {"大同散卡"}
    assert {name for name in ASCEND | RTX | A800 if name in page} == here


def test_a_word_taken_for_another_is_said_with_the_way_to_it(offers, client_at):
    client = client_at()
    client.cookies["django_language"] = "en"
    html = client.get("/catalogue/", {"q": "nvdia 4090", "province": "henan"}).content.decode()
    assert "No offer is called “nvdia”. These are for “NVIDIA”." in html
    assert 'href="?q=NVIDIA+4090&amp;province=henan"' in html
    assert "No offer is called" not in client.get("/catalogue/", {"q": "nvidia 4090"}).content.decode()
    assert "No offer is called" not in client.get("/catalogue/", {"q": "shengteng"}).content.decode()


def test_names_are_sounded_when_they_are_written_and_never_for_a_question(offers, monkeypatch):
    assert "shengteng910b3" in OfferIndex.objects.get(name_zh="大同散卡").search_sounds

    def never():
        raise AssertionError

    monkeypatch.setattr(finding, "_pinyin", never)
    for words, _names in QUESTIONS:
        found(words)


def test_rows_of_an_older_portal_are_written_anew_by_command(offers):
    names = dict(OfferIndex.objects.values_list("pk", "search_text"))
    OfferIndex.objects.update(search_text="昇腾 910b3 old", search_sounds="")
    call_command("rewrite_index")
    assert dict(OfferIndex.objects.values_list("pk", "search_text")) == names
    for slug in ("shanxi", "henan"):
        with in_province(slug):
            assert list(findings_in_province()) == []


def test_base_models_are_found_by_the_same_rule(db):
    shared = {"kind": "base", "domain": "general", "modality": "text", "basis": "cited"}
    qwen = {"name_zh": "通义千问 3-32B", "name_en": "Qwen3-32B", "vendor_zh": "阿里云", "vendor_en": "Alibaba Cloud"}
    BaseModel.objects.create(slug="qwen3-32b", **qwen, **shared)
    for words in ("qwen3 32b", "ＱＷＥＮ３", "通义千问3", "阿里云千问", "alibabacloud"):
        assert [one.slug for one in ModelList(QueryDict(mutable=True) | {"q": words}).rows()] == ["qwen3-32b"], words
    assert list(ModelList(QueryDict(mutable=True) | {"q": "llama"}).rows()) == []


class TestForm:
    @pytest.mark.parametrize(
        ("written", "form"),
        [
            ("昇腾 910B", "升腾910b"),
            ("ＲＴＸ－４０９０", "rtx4090"),
            ("RTX 4090 48G（改装）", "rtx409048g改装"),
            ("\ufeffA800\u200b SXM", "a800sxm"),
            ("²", "2"),
        ],
    )
    def test_one_form_on_both_sides(self, written, form):
        assert compact(written) == form

    def test_what_is_kept_of_names(self):
        assert folded(["昇腾 910B3", "", "Ascend 910B3", "昇腾-910B3"]) == "升腾 910b3\nascend 910b3"
        assert sounded(["昇腾 910B3", "Ascend", "重庆长江银行"]) == "shengteng910b3\nchongqingchangjiangyinhang"

    def test_a_long_question_of_nonsense_is_answered_soon(self):
        finder = Finder([f"升腾 910b{place} 山西省 大同 云冈" for place in range(2_300)], [""] * 2_300)
        began = time.process_time()
        finder.find("山西大同云冈升腾" * 12)
        finder.find(" ".join(f"nonsense{chr(97 + place)}x" for place in range(8)))
        assert time.process_time() - began < MOST_SECONDS
