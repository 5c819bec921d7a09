"""A role that may sign needs two operators and its holder; for a day neither of them signs beside the holder."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.accounts import actions, signing
from portal.accounts.models import GrantState, RoleGrant, StaffRole, User
from portal.accounts.models.roles import SIGNING_ROLES
from portal.accounts.roles import Role
from portal.ledger import actions as ledger
from portal.ledger.models import TopUpState
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.portal.accounts.giving import given, offered
from tests.portal.accounts.people import organisation, person, sign_in, staff, with_second_factor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def code_of(act) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


@pytest.fixture
def operators() -> tuple[User, User]:
    return staff("first"), staff("second")


def test_the_roles_that_may_sign_are_those_of_the_constraint():
    assert [role for role in Role if signing.may_sign(role)] == SIGNING_ROLES


def test_a_signing_role_is_asked_for_confirmed_and_accepted(operators):
    first, second = operators
    anna = with_second_factor(person("anna"))
    grant = actions.request_role(anna, "nation", "finance", by=first)
    assert (grant.state, anna.staff_roles.count()) == (GrantState.AWAITING_SECOND, 0)
    assert code_of(lambda: actions.accept_role(grant, by=anna)) == "wrong_state"
    assert code_of(lambda: actions.confirm_role(grant, by=first)) == "four_eyes"
    grant = actions.confirm_role(grant, by=second)
    assert (grant.state, anna.staff_roles.count()) == (GrantState.OFFERED, 0)
    assert code_of(lambda: actions.accept_role(grant, by=second)) == "other_person"
    actions.accept_role(grant, by=anna)
    assert list(StaffRole.objects.active().filter(user=anna).values_list("province", "role")) == [("nation", "finance")]
    with in_province("nation"):
        told = list(Record.objects.filter(act__contains="role").order_by("id").values_list("act", "actor_id", "facts"))
        facts = {"user": anna.pk, "province": "nation", "role": "finance"}
        givers = {"requested_by": first.pk, "confirmed_by": second.pk}
        assert told[-3:] == [
            ("role_grant.requested", str(first.pk), facts),
            ("role_grant.confirmed", str(second.pk), facts),
            ("staff_role.added", str(anna.pk), facts | givers),
        ]
        sent = [(one.payload["notice"], one.payload["user"]) for one in Letter.objects.order_by("id")]
    wanted = [("role_requested", second.pk), ("role_offered", anna.pk), ("staff_role_added", anna.pk)]
    assert sent[-3:] == wanted


def test_a_role_that_only_reads_needs_one_operator_and_its_holder(operators):
    anna = with_second_factor(person("anna"))
    grant = actions.request_role(anna, "shanxi", "regulator", by=operators[0])
    assert grant.state == GrantState.OFFERED
    actions.accept_role(grant, by=anna)
    assert anna.staff_roles.active().count() == 1


def test_nobody_has_a_part_in_a_role_of_their_own(operators):
    first, second = operators
    assert code_of(lambda: actions.request_role(first, "nation", "finance", by=first)) == "own_role"
    grant = actions.request_role(second, "nation", "finance", by=first)
    assert code_of(lambda: actions.confirm_role(grant, by=second)) == "own_role"
    for wrong in ({"confirmed_by": second}, {"requested_by": second}, {"confirmed_by": first}, {"state": "offered"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.filter(pk=grant.pk).update(**{"offered_at": timezone.now()} | wrong)


def test_a_role_without_a_second_factor_is_not_accepted(operators):
    anna = person("anna")
    grant = offered(anna, "finance", by=operators[0], second=operators[1])
    assert code_of(lambda: actions.accept_role(grant, by=anna)) == "no_second_factor"
    assert anna.staff_roles.count() == 0


def test_a_held_role_or_one_under_way_is_not_asked_for_again(operators):
    first, second = operators
    anna = with_second_factor(person("anna"))
    grant = actions.request_role(anna, "nation", "finance", by=first)
    assert code_of(lambda: actions.request_role(anna, "nation", "finance", by=second)) == "role_under_way"
    actions.accept_role(actions.confirm_role(grant, by=second), by=anna)
    with in_province("nation"):
        before = (Record.objects.count(), Letter.objects.count())
        assert code_of(lambda: actions.request_role(anna, "nation", "finance", by=first)) == "role_held"
        assert (Record.objects.count(), Letter.objects.count(), RoleGrant.objects.count()) == (*before, 1)


def test_an_offer_runs_out_and_can_be_made_again(operators):
    anna = with_second_factor(person("anna"))
    grant = offered(anna, "finance", by=operators[0], second=operators[1])
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1), tick=False):
        assert code_of(lambda: actions.accept_role(grant, by=anna)) == "offer_over"
        assert list(anna.role_grants.offered()) == []
        again = offered(anna, "finance", by=operators[1], second=operators[0])
        assert actions.accept_role(again, by=anna).active
    grant.refresh_from_db()
    assert (grant.state, grant.reason) == (GrantState.REFUSED, "ran out")


@pytest.mark.parametrize("place", [0, 1])
def test_an_offer_ends_with_the_right_of_those_who_made_it(operators, place):
    anna = with_second_factor(person("anna"))
    grant = offered(anna, "finance", by=operators[0], second=operators[1])
    role = operators[place].staff_roles.get()
    actions.deactivate_staff_role(role, reason="moves on", by=operators[1 - place])
    assert code_of(lambda: actions.accept_role(grant, by=anna)) == "offer_over"


def test_a_role_is_refused_with_a_reason_or_declined(operators):
    first, second = operators
    anna = person("anna")
    grant = actions.request_role(anna, "nation", "finance", by=first)
    assert code_of(lambda: actions.refuse_role(grant, reason=" ", by=second)) == "reason_missing"
    assert actions.refuse_role(grant, reason="not known here", by=second).state == GrantState.REFUSED
    assert code_of(lambda: actions.confirm_role(grant, by=second)) == "wrong_state"
    other = offered(anna, "regulator", by=first)
    assert actions.decline_role(other, by=anna).state == GrantState.DECLINED
    assert anna.staff_roles.count() == 0


def test_nothing_is_given_to_an_account_that_closes(operators):
    anna = with_second_factor(person("anna"))
    actions.request_role(anna, "nation", "finance", by=operators[0])
    offered(anna, "regulator", by=operators[0])
    actions.close_account(anna, by=anna)
    assert set(anna.role_grants.values_list("state", flat=True)) == {GrantState.DECLINED}


# Who signs beside whom -------------------------------------------------------------------------


@pytest.fixture
def large(settings):
    settings.TOP_UP_FOUR_EYES_U = 1

    def record(by: User):
        return ledger.record_top_up(organisation("payer"), 2, f"bank {timezone.now().timestamp()}", by=by)

    return record


def test_two_officers_with_roles_from_one_operator_do_not_book_together_for_a_day(operators, large):
    first, second = operators
    anna, bert = (given(person(name), "finance", by=first, second=second).user for name in ("anna", "bert"))
    waiting = large(anna)
    assert code_of(lambda: ledger.book_top_up(waiting, by=bert)) == "four_eyes"
    old = with_second_factor(person("old"))
    actions.add_staff_role(old, "nation", "finance")
    assert ledger.book_top_up(waiting, by=old).state == TopUpState.BOOKED, "the command line ties nobody"
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1), tick=False):
        assert ledger.book_top_up(large(anna), by=bert).state == TopUpState.BOOKED


def test_the_second_operator_ties_as_the_first_does(operators, large):
    first, second = operators
    third = staff("third")
    anna = given(person("anna"), "finance", by=first, second=second).user
    bert = given(person("bert"), "finance", by=second, second=third).user
    assert code_of(lambda: ledger.book_top_up(large(anna), by=bert)) == "four_eyes"
    carl = given(person("carl"), "finance", by=third, second=staff("fourth")).user
    assert ledger.book_top_up(large(anna), by=carl).state == TopUpState.BOOKED


@pytest.mark.parametrize("giver", [0, 1])
def test_who_gave_the_role_does_not_sign_beside_its_holder(operators, large, giver):
    anna = given(person("anna"), "finance", by=operators[0], second=operators[1]).user
    actions.add_staff_role(operators[giver], "nation", "finance")
    assert code_of(lambda: ledger.book_top_up(large(anna), by=operators[giver])) == "four_eyes"
    assert code_of(lambda: ledger.book_top_up(large(operators[giver]), by=anna)) == "four_eyes"


def test_a_new_operator_does_not_confirm_what_the_giver_asks_for(operators):
    first, second = operators
    fresh = given(person("fresh"), "operator", by=first, second=second).user
    grant = actions.request_role(person("anna"), "nation", "finance", by=first)
    assert code_of(lambda: actions.confirm_role(grant, by=fresh)) == "four_eyes"
    assert actions.confirm_role(grant, by=second).state == GrantState.OFFERED


# Pages -----------------------------------------------------------------------------------------


ADD = "/staff/accounts/rolegrant/add/"


def test_the_way_of_a_role_through_the_pages(client_at, operators):
    first, second = (sign_in(client_at(), one, second_factor=True) for one in operators)
    anna = person("anna")
    form = {"email": anna.email, "province": "nation", "role": "finance"}
    assert first.post(ADD, form).status_code == 302
    grant = RoleGrant.objects.get()
    assert f"/staff/accounts/rolegrant/{grant.pk}/change/" in second.get("/staff/").content.decode()
    assert f"/staff/accounts/rolegrant/{grant.pk}/change/" not in first.get("/staff/").content.decode()
    second.post(f"/staff/accounts/rolegrant/{grant.pk}/act/confirm/")
    holder = sign_in(client_at(), anna)
    holder.cookies["django_language"] = "en"
    assert "1 role waits for your answer" in holder.get("/organisation/").content.decode()
    page = holder.get("/accounts/roles/").content.decode()
    assert "finance" in page
    answer = {"offer": grant.pk, "answer": "accept"}
    assert "/accounts/2fa/totp/activate/" in holder.post("/accounts/roles/", answer).url, "no second factor yet"
    with_second_factor(anna)
    assert "/accounts/2fa/reauthenticate/" in holder.post("/accounts/roles/", answer).url, "not used in this session"
    assert anna.staff_roles.count() == 0
    proven = sign_in(client_at(), anna, second_factor=True)
    assert proven.post("/accounts/roles/", answer).url == "/accounts/roles/"
    assert anna.staff_roles.active().count() == 1


@pytest.mark.parametrize(("sent", "status"), [({}, 404), ({"answer": "junk"}, 422), ({"offer": "x"}, 404)])
def test_an_unknown_answer_is_refused_and_somebody_elses_offer_not_found(client_at, operators, sent, status):
    grant = offered(person("anna"), "finance", by=operators[0], second=operators[1])
    other = sign_in(client_at(), staff("other"), second_factor=True)
    whole = {"offer": grant.pk, "answer": "accept"}
    assert other.post("/accounts/roles/", whole | sent).status_code == status
    grant.refresh_from_db()
    assert grant.state == GrantState.OFFERED
