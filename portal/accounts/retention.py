"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.actions.closing import GONE, forget_address
from portal.accounts.models import IdempotentAnswer, Invitation, InvitationState
from tenants.registry import CONTRACT, DUTY, Personal, fields_of

SESSION_KEPT_FOR = timedelta(days=30)
"""Network address and browser of a sign-in that is over."""
INVITATION_KEPT_FOR = timedelta(days=30)
"""The invited address, after the invitation is used, withdrawn or over."""
ANSWER_KEPT_FOR = timedelta(days=7)
"""The stored answer to a request that was sent with a key of its own."""

PERSONAL = (
    Personal(
        "account",
        (
            *fields_of("accounts.user", "email name phone id language is_active date_joined last_login"),
            *fields_of("account.emailaddress", "id user email verified primary"),
            *fields_of("account.emailconfirmation", "id email_address created sent key"),
        ),
        what=_("E-mail address, name, phone, language"),
        purpose=_("signing in, messages about orders, telling colleagues apart"),
        seen_by=_("the person, members of the organisation, staff whose role reads accounts"),
        kept=_("as long as the account exists; closing it removes them at once"),
        ground=CONTRACT,
    ),
    Personal(
        "factors",
        (
            *fields_of("accounts.user", "password"),
            *fields_of("mfa.authenticator", "id user type data created_at last_used_at"),
        ),
        what=_("Password and second factors"),
        purpose=_("protecting the account"),
        seen_by=_("nobody: the password is a hash, keys of the app are encrypted"),
        kept=_("until they are changed or removed, at the latest when the account is closed"),
        ground=CONTRACT,
    ),
    Personal(
        "sign_ins",
        (
            *fields_of("usersessions.usersession", "id user created_at ip last_seen_at session_key user_agent data"),
            *fields_of("sessions.session", "session_key session_data expire_date"),
        ),
        what=_("Sign-ins: network address, browser, times"),
        purpose=_("so that people recognise foreign sign-ins and end them"),
        seen_by=_("the person"),
        kept=_("until the sign-in ends, then 30 days"),
        ground=DUTY,
    ),
    Personal(
        "membership",
        (
            *fields_of("accounts.membership", "id user organisation role active since"),
            *fields_of("accounts.staffrole", "id user province role active since"),
            *fields_of("accounts.rolegrant", "id user province role state reason requested_by requested_at"),
            *fields_of("accounts.rolegrant", "confirmed_by offered_at decided_at"),
            *fields_of("accounts.user_groups", "user"),
            *fields_of("accounts.user_user_permissions", "user"),
        ),
        what=_("Membership, role, staff role"),
        purpose=_("deciding who may buy, see or decide what"),
        seen_by=_("members of the organisation, national staff"),
        kept=_("ends with the membership; the row stays by number as proof of who was entitled"),
        ground=CONTRACT,
    ),
    Personal(
        "invitation",
        (
            *fields_of("accounts.invitation", "id organisation email role token_hash state invited_by created_at"),
            *fields_of("accounts.invitation", "expires_at"),
        ),
        what=_("Invited address"),
        purpose=_("sending an invitation that only this address can use"),
        seen_by=_("owners of the organisation, national staff"),
        kept=_("30 days after the invitation is used, withdrawn or over"),
        ground=CONTRACT,
    ),
    Personal(
        "bookings", (*fields_of("accounts.apikey", "created_by"), *fields_of("accounts.organisation", "code_proven_by"))
    ),
    Personal(
        "answers",
        (*fields_of("accounts.idempotentanswer", "answer"),),
        what=_("Answers to programs"),
        purpose=_("so that a repeated request does not buy twice"),
        seen_by=_("programs of the same organisation"),
        kept=_("7 days"),
        ground=CONTRACT,
    ),
)
ABOUT_PEOPLE = (
    "account.emailaddress",
    "account.emailconfirmation",
    "accounts.invitation",
    "accounts.membership",
    "accounts.rolegrant",
    "accounts.staffrole",
    "accounts.user",
    "mfa.authenticator",
    "sessions.session",
    "usersessions.usersession",
)
"""Models of which every field is named here, whatever its type."""
NOT_PERSONAL = {
    "framework: names of models, rights and hosts": (
        *fields_of("contenttypes.contenttype", "app_label model"),
        *fields_of("auth.permission", "name codename"),
        *fields_of("auth.group", "name"),
    ),
    "marks of the sample world and rights nobody uses": (*fields_of("accounts.user", "sample is_superuser is_staff"),),
    "about an organisation": (
        *fields_of(
            "accounts.organisation", "uscc name_zh name_en province rejection_reason suspension_reason code_proof"
        ),
    ),
    "about a program or a key": (
        *fields_of("accounts.apikey", "name prefix secret_hash scopes"),
        *fields_of("accounts.idempotentanswer", "key request_hash"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""


def forget() -> None:
    """Remove what is past its term; run daily."""
    forget_sign_ins()
    forget_invitations()
    forget_answers()


def forget_sign_ins() -> int:
    """Sessions that are over, and 30 days after their last use the addresses and browsers they came from."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    alive = Session.objects.values("session_key")
    over = UserSession.objects.filter(last_seen_at__lt=now - SESSION_KEPT_FOR).exclude(session_key__in=alive)
    return over.delete()[0]


@transaction.atomic
def forget_invitations() -> int:
    """Addresses of invitations that were used, withdrawn or ran out; the rows stay."""
    done = Q(state__in=[InvitationState.ACCEPTED, InvitationState.WITHDRAWN]) | Q(expires_at__lt=timezone.now())
    old = Invitation.objects.filter(done, expires_at__lt=timezone.now() - INVITATION_KEPT_FOR)
    rows = list(old.exclude(email__endswith=f".{GONE}").select_for_update())
    for invitation in rows:
        forget_address(invitation)
    return len(rows)


def forget_answers() -> int:
    return IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - ANSWER_KEPT_FOR).delete()[0]
