"""A credit code whose check character does not fit goes on to verification: with a proof, and by two officers."""

import pytest

from portal.accounts import actions, uscc
from portal.accounts.models import Organisation, OrganisationState
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests.portal.accounts.people import person, sign_in, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

LIVE = "91350203M0001QKT19"
"""Registered, and its check character does not fit."""
FORM = {"name_zh": "厦门某某科技有限公司", "uscc": LIVE, "kind": "buyer", "province": "shanxi"}
PROOF = "国家企业信用信息公示系统，2026-12-01 查询"


def code_of(act) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


@pytest.fixture
def pending():
    anna = person("anna")
    made = actions.create_organisation(by=anna, name_zh="测试", uscc=LIVE, as_registered=True)
    return actions.submit_for_verification(made, by=anna)


def test_only_the_check_characters_can_be_overruled():
    assert uscc.misfit(LIVE)
    assert uscc.clean_as_registered(LIVE.lower()) == LIVE
    for wrong in (LIVE[:17], LIVE.replace("Q", "O"), "91A50203M0001QKT19"):
        assert code_of(lambda text=wrong: uscc.clean_as_registered(text)) == "wrong_credit_code"
    assert code_of(lambda: uscc.clean(LIVE)) == "credit_code_misfit"


def test_the_form_says_what_does_not_fit_and_lets_it_go_on(client_at):
    client = sign_in(client_at(), person("anna"))
    client.cookies["django_language"] = "en"
    assert 'name="as_registered"' not in client.get("/organisation/new/").content.decode()
    refused = client.post("/organisation/new/", FORM)
    assert refused.status_code == 422
    html = refused.content.decode()
    assert "does not fit" in html
    assert 'name="as_registered"' in html
    assert Organisation.objects.count() == 0
    assert client.post("/organisation/new/", {**FORM, "as_registered": "on"}).status_code == 302
    made = Organisation.objects.get()
    assert (made.uscc, made.state) == (LIVE, OrganisationState.UNVERIFIED)
    assert 'name="as_registered"' in client.get("/organisation/edit/").content.decode()
    assert client.post("/organisation/edit/", {**FORM, "as_registered": "on", "name_zh": "改名"}).status_code == 302
    with in_province("nation"):
        assert Record.objects.get(act="organisation.created").facts == {"kind": "buyer", "check_character_fits": False}


def test_the_box_does_not_help_a_code_that_is_none(client_at):
    client = sign_in(client_at(), person("anna"))
    sent = {**FORM, "uscc": LIVE[:17], "as_registered": "on"}
    assert client.post("/organisation/new/", sent).status_code == 422
    assert Organisation.objects.count() == 0


def test_it_takes_a_proof_and_two_officers(pending):
    first, second = staff("first"), staff("second")
    assert code_of(lambda: actions.verify_organisation(pending, by=first)) == "code_unproven"
    assert code_of(lambda: actions.prove_credit_code(pending, proof=" ", by=first)) == "proof_missing"
    actions.prove_credit_code(pending, proof=PROOF, by=first)
    assert code_of(lambda: actions.prove_credit_code(pending, proof="x", by=second)) == "no_proof_needed"
    assert code_of(lambda: actions.verify_organisation(pending, by=first)) == "four_eyes"
    assert actions.verify_organisation(pending, by=second).state == OrganisationState.VERIFIED
    with in_province("nation"):
        told = Record.objects.filter(subject_id=str(pending.pk)).order_by("id").values_list("act", "actor_id", "facts")
        assert list(told)[-2:] == [
            ("organisation.code_proven", str(first.pk), {"proof": PROOF}),
            ("organisation.verified", str(second.pk), {"check_character_fits": False, "proof": PROOF}),
        ]


def test_a_proof_ends_with_the_code_it_was_for(pending):
    first, anna = staff("first"), pending.memberships.get().user
    actions.prove_credit_code(pending, proof=PROOF, by=first)
    returned = actions.reject_organisation(pending, reason="名称不符", by=first)
    assert (returned.code_proof, returned.code_proven_by) == ("", None)
    edited = actions.edit_organisation(returned, by=anna, uscc=LIVE[:17] + "A", as_registered=True)
    assert (edited.uscc, edited.code_proof) == (LIVE[:17] + "A", "")


def test_the_way_through_the_pages(client_at, pending):
    clients = [sign_in(client_at(), staff(name), second_factor=True) for name in ("first", "second")]
    for client in clients:
        client.cookies["django_language"] = "en"
    first, second = clients
    page = first.get("/staff/verification/").content.decode()
    assert "does not fit" in page
    assert f"/staff/verification/{pending.pk}/verify/" not in page
    assert first.post(f"/staff/verification/{pending.pk}/prove/", {"proof": ""}).status_code == 422
    first.post(f"/staff/verification/{pending.pk}/prove/", {"proof": PROOF})
    assert f"/staff/verification/{pending.pk}/verify/" not in first.get("/staff/verification/").content.decode()
    assert PROOF in second.get("/staff/verification/").content.decode()
    assert pending.name_zh not in first.get("/staff/").content.decode()
    assert pending.name_zh in second.get("/staff/").content.decode()
    second.post(f"/staff/verification/{pending.pk}/verify/")
    pending.refresh_from_db()
    assert pending.state == OrganisationState.VERIFIED
