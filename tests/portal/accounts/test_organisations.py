"""An organisation from its first page to its verification."""

import pytest
from django.db import IntegrityError, transaction

from portal.accounts import actions
from portal.accounts.models import Membership, Organisation, OrganisationState
from tenants.acts import Refusal
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.portal.accounts.people import credit_code, member, organisation, person, staff

pytestmark = pytest.mark.django_db


def history_of(subject) -> list[str]:
    with in_province(NATION):
        return list(Record.objects.filter(subject_id=str(subject.pk)).order_by("id").values_list("act", flat=True))


def letters() -> list[tuple[str, int]]:
    """Notice and user of every letter left, oldest first."""
    with in_province(NATION):
        return [(one.payload["notice"], one.payload.get("user")) for one in Letter.objects.order_by("id")]


def created(by, **facts) -> Organisation:
    return actions.create_organisation(
        by=by, **{"name_zh": "测试一号", "uscc": credit_code(), "province": "shanxi", **facts}
    )


def test_the_creator_becomes_the_owner():
    anna = person("anna")
    made = created(anna)
    assert list(made.memberships.values_list("user__name", "role", "active")) == [("Anna", "owner", True)]
    assert made.state == OrganisationState.UNVERIFIED
    assert history_of(made) == ["organisation.created"]


def test_a_wrong_code_saves_nothing():
    anna = person("anna")
    with pytest.raises(Refusal) as caught:
        created(anna, uscc="91350100M000100Y44")
    assert caught.value.code == "credit_code_misfit"
    assert Organisation.objects.count() == 0
    assert Membership.objects.count() == 0


def test_a_code_is_registered_once():
    first = created(person("anna"))
    with pytest.raises(Refusal) as caught:
        created(person("bert"), uscc=first.uscc.lower())
    assert caught.value.code == "credit_code_taken"
    assert Organisation.objects.count() == 1


def test_facts_change_only_before_submission_and_after_return():
    anna, judge = person("anna"), staff("judge")
    one = created(anna)
    actions.edit_organisation(one, by=anna, name_zh="测试二号")
    actions.submit_for_verification(one, by=anna)
    with pytest.raises(Refusal) as caught:
        actions.edit_organisation(one, by=anna, name_zh="测试三号")
    assert caught.value.code == "not_editable"
    actions.reject_organisation(one, reason="请核对名称", by=judge)
    actions.edit_organisation(one, by=anna, name_zh="测试四号")
    one.refresh_from_db()
    assert one.name_zh == "测试四号"
    assert history_of(one) == [
        "organisation.created",
        "organisation.edited",
        "organisation.submitted",
        "organisation.rejected",
        "organisation.edited",
    ]


def test_submission_tells_those_who_can_verify_and_nobody_else():
    operator = staff("operator")
    staff("finance", role="finance")
    staff("local", province="shanxi")
    anna = person("anna")
    actions.submit_for_verification(created(anna), by=anna)
    assert letters() == [("organisation_submitted", operator.pk)]


def test_verification_tells_the_owners():
    operator, anna, bert = staff("operator"), person("anna"), person("bert")
    one = organisation("测试", anna, OrganisationState.PENDING)
    member(bert, one)
    done = actions.verify_organisation(one, by=operator)
    assert (done.state, done.verified_at is not None) == (OrganisationState.VERIFIED, True)
    assert letters() == [("organisation_verified", anna.pk)]


def test_rejection_needs_a_reason_that_the_owner_reads():
    operator, anna = staff("operator"), person("anna")
    one = organisation("测试", anna, OrganisationState.PENDING)
    with pytest.raises(Refusal) as caught:
        actions.reject_organisation(one, reason="  ", by=operator)
    assert caught.value.code == "reason_missing"
    done = actions.reject_organisation(one, reason="名称与执照不符", by=operator)
    assert (done.state, done.rejection_reason) == (OrganisationState.REJECTED, "名称与执照不符")
    assert letters() == [("organisation_rejected", anna.pk)]


def test_nobody_verifies_an_organisation_of_their_own():
    operator = staff("operator")
    one = organisation("测试", operator, OrganisationState.PENDING)
    with pytest.raises(Refusal) as caught:
        actions.verify_organisation(one, by=operator)
    assert caught.value.code == "own"
    one.refresh_from_db()
    assert one.state == OrganisationState.PENDING


@pytest.mark.parametrize("state", [state for state in OrganisationState if state != OrganisationState.PENDING])
def test_only_what_waits_can_be_decided(state):
    operator = staff("operator")
    one = organisation("测试", None, state)
    for act in (
        lambda: actions.verify_organisation(one, by=operator),
        lambda: actions.reject_organisation(one, reason="x", by=operator),
    ):
        with pytest.raises(Refusal) as caught:
            act()
        assert caught.value.code == "wrong_state"
    one.refresh_from_db()
    assert (one.state, letters()) == (state, [])


def test_suspending_and_resuming():
    operator, anna = staff("operator"), person("anna")
    one = organisation("测试", anna)
    assert actions.suspend_organisation(one, reason="冻结", by=operator).state == OrganisationState.SUSPENDED
    assert actions.resume_organisation(one, by=operator).state == OrganisationState.VERIFIED
    assert letters() == [("organisation_suspended", anna.pk), ("organisation_resumed", anna.pk)]


def test_the_transition_table_is_this():
    assert {source: set(targets) for source, targets in Organisation.moves.table.items()} == {
        "unverified": {"pending"},
        "pending": {"verified", "rejected"},
        "rejected": {"pending"},
        "verified": {"suspended"},
        "suspended": {"verified"},
    }


def test_the_database_refuses_a_verified_organisation_without_a_time():
    with pytest.raises(IntegrityError, match="verified_organisation_has_time"), transaction.atomic():
        Organisation.objects.create(uscc=credit_code(), name_zh="x", state="verified")
    with pytest.raises(IntegrityError, match="rejected_organisation_has_reason"), transaction.atomic():
        Organisation.objects.create(uscc=credit_code(), name_zh="x", state="rejected")
