"""Card models that providers miss: asked for once, answered by national staff, told by e-mail."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from portal.accounts.roles import MembershipRole, Role
from portal.directory.identifiers.resolving import find
from portal.directory.models import CardModel, CardModelRequest, Identifier
from portal.directory.taxonomy.actions import approve_card_model, refuse_card_model, request_card_model
from portal.directory.taxonomy.request_models import RequestState
from portal.staff import desk
from tenants.acts import Refusal
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.marketplace.catalog import supply
from tests.portal.accounts import people

FACTS = {
    "vendor": "华为",
    "name": "昇腾 910C",
    "memory_gb": 128,
    "fp16_dense_tflops": "800",
    "source": "https://e.test/910c",
}
PATH = "/provider/card-models/"


@pytest.fixture
def operator(nation):
    return people.staff("operator")


@pytest.fixture
def provider(shanxi):
    return supply.provider("shanxi")


@pytest.fixture
def owner(provider):
    user = people.person("guo")
    people.member(user, provider.organisation, MembershipRole.OWNER)
    return user


@pytest.fixture
def asked(provider, owner, operator):
    return request_card_model(provider.organisation, by=owner, **FACTS)


def told(user) -> list[str]:
    with in_province(NATION):
        return [
            letter.payload["notice"] for letter in Letter.objects.order_by("pk") if letter.payload["user"] == user.pk
        ]


def test_a_request_waits_for_the_operator_who_is_told(asked, operator):
    assert told(operator) == ["card_model_requested"]
    lines = {line.queue.name: line.waiting.count for line in desk.lines_for(operator)}
    assert lines["card-models"] == 1
    assert "card-models" not in {line.queue.name for line in desk.lines_for(people.staff("finance", Role.FINANCE))}


def test_an_approved_card_model_is_on_the_list_with_the_facts_of_the_request(asked, operator, owner):
    model = approve_card_model(asked, by=operator)
    assert (model.slug, model.name_zh, model.memory_gb, model.basis) == ("card-910c", "昇腾 910C", 128, "declared")
    asked.refresh_from_db()
    assert (asked.state, asked.card_model) == (RequestState.APPROVED, model)
    assert told(owner) == ["card_model_approved"]
    with in_province(NATION):
        assert Record.objects.get(act="card_model.approved").actor_id == str(operator.pk)


def test_a_refused_request_has_a_reason_that_the_owner_reads(asked, operator, owner, english):
    with pytest.raises(Refusal, match="Say why"):
        refuse_card_model(asked, reason="  ", by=operator)
    refuse_card_model(asked, reason="No data sheet.", by=operator)
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (RequestState.REFUSED, "No data sheet.")
    assert told(owner) == ["card_model_refused"]
    assert not CardModel.objects.exists()


@pytest.mark.parametrize("first", ["approve", "refuse"])
def test_a_request_is_answered_once(asked, operator, first):
    if first == "approve":
        approve_card_model(asked, by=operator)
    else:
        refuse_card_model(asked, reason="No.", by=operator)
    for act in (
        lambda: approve_card_model(asked, by=operator),
        lambda: refuse_card_model(asked, reason="x", by=operator),
    ):
        with pytest.raises(Refusal) as refusal:
            act()
        assert refusal.value.code == "wrong_state"


def test_what_is_listed_or_asked_for_is_not_asked_for_again(asked, provider, owner):
    supply.card_model()
    for name, code in (("昇腾 910C", "asked"), ("ascend 910b3", "listed")):
        with pytest.raises(Refusal) as refusal:
            request_card_model(provider.organisation, by=owner, **{**FACTS, "name": name})
        assert refusal.value.code == code
    assert CardModelRequest.objects.count() == 1


def test_a_model_of_a_listed_code_is_not_added_twice(asked, operator):
    taken = approve_card_model(asked, by=operator)
    other = CardModelRequest.objects.create(organisation=asked.organisation, **{**FACTS, "vendor": "华 为"})
    with pytest.raises(Refusal) as refusal:
        approve_card_model(other, by=operator)
    assert refusal.value.code == "listed"
    assert list(CardModel.objects.all()) == [taken]


# Pages -----------------------------------------------------------------------------------------


def test_an_owner_asks_and_sees_the_answer(client_at, provider, owner, operator):
    client = people.sign_in(client_at("shanxi"), owner)
    assert client.post(PATH, FACTS).url == PATH
    refuse_card_model(CardModelRequest.objects.get(), reason="资料不足", by=operator)
    assert "资料不足" in client.get(PATH).content.decode()


def test_a_long_name_becomes_a_code_that_identifiers_can_hold(asked, operator, shanxi):
    CardModelRequest.objects.update(vendor="Nvidia", name="H100 NVL 94GB PCIe dual slot export edition 2026")
    model = approve_card_model(asked, by=operator)
    model.refresh_from_db()
    model.full_clean()
    assert (model.slug, model.code) == ("nvidia-h100-nvl-94gb-pcie-dual", "NH100NVL94GBPCIEDUAL")
    supply.offer("shanxi", model=model)
    (identifier,) = Identifier.objects.all()
    assert find(identifier.text) == identifier


@pytest.mark.parametrize("slug", ["x", "n-", "nvidia-h100-nvl-94gb-pcie-export-editio"])
def test_a_card_model_whose_code_no_identifier_can_hold_is_not_kept(db, english, slug):
    model = CardModel(slug=slug, name_zh="卡", name_en="Card", vendor_zh="商", vendor_en="V", domestic=True)
    model.card_class, model.basis = "training", "cited"
    with pytest.raises(ValidationError, match="2 to 24 letters and digits"):
        model.full_clean()


@pytest.mark.parametrize("written", ["T4 16G", "t4  16g", "T4-16G", "Ｔ４ 16G"])
def test_a_name_written_otherwise_is_the_same_card_model(provider, owner, operator, english, written):
    supply.card_model("nvidia-t4-16g", name_zh="T4 16G", name_en="NVIDIA T4 16 GB")
    with pytest.raises(Refusal) as told:
        request_card_model(provider.organisation, by=owner, **FACTS | {"name": written})
    assert told.value.code == "listed"
    model = CardModel(slug="nvidia-other", name_zh=written, name_en="Other", vendor_zh="商", vendor_en="V")
    model.card_class, model.basis, model.domestic = "training", "cited", True
    with pytest.raises(ValidationError, match="of this name already"):
        model.full_clean()
    with pytest.raises(IntegrityError, match="card_model_name_zh_once"), transaction.atomic():
        model.save()


@pytest.mark.parametrize(
    ("source", "fine"),
    [
        ("https://e.test/910c", True),
        ("HTTP://e.test/", True),
        ("public code repository file (archive id 1): vendor", True),
        ("Source: the vendor's data sheet", True),
        ("", True),
        ("javascript:alert(1)", False),
        (" JavaScript:alert(1)", False),
        ("java\tscript:alert(1)", False),
        ("data:text/html,x", False),
        ("ftp://e.test/910c", False),
        ("ｊａｖａｓｃｒｉｐｔ：alert(1)", False),
    ],
)
def test_a_source_is_text_or_a_page_of_the_web(client_at, operator, source, fine):
    national = people.sign_in(client_at(), operator, second_factor=True)
    form = {"slug": "maker-one", "vendor_zh": "乙", "vendor_en": "B", "name_zh": "甲", "name_en": "A"}
    form |= {"card_class": "train-large", "basis": "cited", "source": source}
    national.post("/staff/directory/cardmodel/add/", form)
    assert CardModel.objects.exists() == fine


@pytest.mark.parametrize("source", ["javascript:alert(1)", "ftp://e.test/910c"])
def test_a_request_names_a_page_of_the_web(client_at, provider, owner, source):
    client = people.sign_in(client_at("shanxi"), owner)
    answer = client.post(PATH, {**FACTS, "source": source})
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"source"})


def test_a_faulty_request_is_not_sent(client_at, provider, owner):
    client = people.sign_in(client_at("shanxi"), owner)
    answer = client.post(PATH, {**FACTS, "source": "no link", "memory_gb": "0"})
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"source", "memory_gb"})
    assert not CardModelRequest.objects.exists()


def test_a_colleague_looks_and_asks_nothing_and_strangers_find_nothing(client_at, asked, provider, henan):
    viewer, stranger = people.person("chen"), people.person("he")
    people.member(viewer, provider.organisation, MembershipRole.VIEWER)
    people.member(stranger, supply.provider("henan").organisation, MembershipRole.OWNER)
    client = people.sign_in(client_at("shanxi"), viewer)
    page = client.get(PATH).content.decode()
    assert "昇腾 910C" in page
    assert "btn-main" not in page
    assert client.post(PATH, {**FACTS, "name": "B200"}).status_code == 403
    client = people.sign_in(client_at("shanxi"), stranger)
    assert (client.get(PATH).status_code, client.post(PATH, FACTS).status_code) == (404, 404)
    assert CardModelRequest.objects.count() == 1


def test_national_staff_answer_on_their_site(client_at, asked, operator):
    client = people.sign_in(client_at(), operator, second_factor=True)
    client.post(f"/staff/directory/cardmodelrequest/{asked.pk}/act/approve/")
    asked.refresh_from_db()
    assert asked.state == RequestState.APPROVED
