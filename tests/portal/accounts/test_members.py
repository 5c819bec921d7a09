"""Invitations bound to an address, roles, and the last owner."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.utils import timezone

from portal.accounts import actions, tokens
from portal.accounts.models import Invitation, InvitationState, Membership
from tenants.acts import Refusal
from tenants.context import NATION, in_province
from tenants.outbox.models import Letter
from tests.portal.accounts.people import member, organisation, person
from tests.portal.accounts.post import deliver

pytestmark = pytest.mark.django_db


def code_of(act) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


def test_the_invited_address_joins_with_the_invited_role():
    anna, bert = person("anna"), person("bert")
    one = organisation("测试", anna)
    invitation = actions.invite(one, email="Bert@Example.test", role="finance", by=anna)
    membership = actions.accept_invitation(tokens.invitation_token(invitation), by=bert)
    assert (membership.user, membership.organisation, membership.role, membership.active) == (
        bert,
        one,
        "finance",
        True,
    )
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.ACCEPTED


def test_the_e_mail_carries_the_link_and_the_database_does_not():
    anna = person("anna")
    invitation = actions.invite(organisation("测试", anna), email="bert@example.test", role="buyer", by=anna)
    token = tokens.invitation_token(invitation)
    (sent,) = deliver()
    assert sent.to == ["bert@example.test"]
    assert sent.body.count(f"/organisation/invitations/{token}/") == 2, "once in Chinese, once in English"
    with in_province(NATION):
        assert token not in str(list(Letter.objects.values()))
    assert token not in str(list(Invitation.objects.values()))


def test_nobody_else_can_use_it():
    anna, carl = person("anna"), person("carl")
    invitation = actions.invite(organisation("测试", anna), email="bert@example.test", role="buyer", by=anna)
    assert code_of(lambda: actions.accept_invitation(tokens.invitation_token(invitation), by=carl)) == "other_address"
    assert Membership.objects.filter(user=carl).count() == 0
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.OPEN


def test_an_unverified_address_is_not_proof():
    anna, bert = person("anna"), person("bert")
    bert.emailaddress_set.update(verified=False)
    invitation = actions.invite(organisation("测试", anna), email=bert.email, role="buyer", by=anna)
    assert code_of(lambda: actions.accept_invitation(tokens.invitation_token(invitation), by=bert)) == "other_address"


def test_it_works_once_and_for_seven_days():
    anna, bert = person("anna"), person("bert")
    one = organisation("测试", anna)
    invitation = actions.invite(one, email=bert.email, role="buyer", by=anna)
    token = tokens.invitation_token(invitation)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1), tick=False):
        assert code_of(lambda: actions.accept_invitation(token, by=bert)) == "invitation_over"
    actions.accept_invitation(token, by=bert)
    assert code_of(lambda: actions.accept_invitation(token, by=bert)) == "invitation_over"


def test_a_made_up_token_is_unknown():
    assert code_of(lambda: actions.accept_invitation("0" * 40, by=person("anna"))) == "unknown_invitation"


def test_a_new_invitation_withdraws_the_earlier_one():
    anna, bert = person("anna"), person("bert")
    one = organisation("测试", anna)
    first = actions.invite(one, email=bert.email, role="buyer", by=anna)
    second = actions.invite(one, email=bert.email, role="viewer", by=anna)
    assert code_of(lambda: actions.accept_invitation(tokens.invitation_token(first), by=bert)) == "invitation_over"
    assert actions.accept_invitation(tokens.invitation_token(second), by=bert).role == "viewer"


def test_a_withdrawn_invitation_is_not_mailed_any_more():
    anna = person("anna")
    invitation = actions.invite(organisation("测试", anna), email="bert@example.test", role="buyer", by=anna)
    actions.withdraw_invitation(invitation, by=anna)
    assert deliver() == []


def test_members_are_not_invited_again():
    anna, bert = person("anna"), person("bert")
    one = organisation("测试", anna)
    member(bert, one)
    assert code_of(lambda: actions.invite(one, email=bert.email, role="buyer", by=anna)) == "member_already"


def test_an_invitation_to_another_address_of_an_owner_demotes_nobody():
    anna = person("anna")
    one = organisation("测试", anna)
    EmailAddress.objects.create(user=anna, email="anna@other.test", verified=True)
    invitation = actions.invite(one, email="anna@other.test", role="viewer", by=anna)
    assert code_of(lambda: actions.accept_invitation(tokens.invitation_token(invitation), by=anna)) == "member_already"
    assert list(one.memberships.values_list("role", "active")) == [("owner", True)]


def test_somebody_who_left_can_come_back():
    anna, bert = person("anna"), person("bert")
    one = organisation("测试", anna)
    actions.deactivate_member(member(bert, one), by=anna)
    invitation = actions.invite(one, email=bert.email, role="viewer", by=anna)
    actions.accept_invitation(tokens.invitation_token(invitation), by=bert)
    assert list(Membership.objects.filter(user=bert).values_list("role", "active")) == [("viewer", True)]


def test_the_last_owner_stays():
    anna, bert = person("anna"), person("bert")
    one = organisation("测试", anna)
    owner, other = Membership.objects.get(user=anna), member(bert, one)
    assert code_of(lambda: actions.deactivate_member(owner, by=anna)) == "last_owner"
    assert code_of(lambda: actions.change_role(owner, "viewer", by=anna)) == "last_owner"
    actions.change_role(other, "owner", by=anna)
    actions.deactivate_member(owner, by=anna)
    assert code_of(lambda: actions.deactivate_member(other, by=bert)) == "last_owner"
    assert list(one.memberships.active().values_list("user__name", "role")) == [("Bert", "owner")]


def test_an_owner_who_left_does_not_count():
    anna, bert = person("anna"), person("bert")
    one = organisation("测试", anna)
    former = member(bert, one, "owner")
    former.active = False
    former.save()
    owner = Membership.objects.get(user=anna)
    assert code_of(lambda: actions.deactivate_member(owner, by=anna)) == "last_owner"
