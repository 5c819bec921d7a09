"""The register of personal data (design.md §3): the fields, what for, who sees them, how long, on what ground.

A test walks every model of both sites. A foreign key to a person, and every field of a model about people, must stand
here; so must every field that can hold free text, unless it is named as not personal, with the reason. Numbers,
times, choices and links to other things are not personal by themselves.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

SESSION_KEPT_FOR = timedelta(days=30)
"""Network address and browser of a sign-in that is over."""
LETTER_KEPT_FOR = timedelta(days=90)
"""A delivered letter of the outbox: it names people by their number."""
INVITATION_KEPT_FOR = timedelta(days=30)
"""The invited address, after the invitation is used, withdrawn or over."""
ANSWER_KEPT_FOR = timedelta(days=7)
"""The stored answer to a request that was sent with a key of its own."""

CONTRACT = _("performance of the contract (PIPL Art. 13 (2))")
DUTY = _("legal duty (PIPL Art. 13 (3): accounting, network security)")
CONSENT = _("consent, given by writing it (PIPL Art. 13 (1))")


@dataclass(frozen=True)
class Kind:
    """One line of the public page."""

    what: Any
    purpose: Any
    seen_by: Any
    kept: Any
    ground: Any
    fields: tuple[str, ...]
    """`app.model.field`."""


REGISTER = (
    Kind(
        _("E-mail address, name, phone, language"),
        _("signing in, messages about orders, telling colleagues apart"),
        _("the person, members of the organisation, staff whose role reads accounts"),
        _("as long as the account exists; closing it removes them at once"),
        CONTRACT,
        (
            *("accounts.user.email", "accounts.user.name", "accounts.user.phone", "accounts.user.id"),
            "accounts.user.language",
            *("accounts.user.is_active", "accounts.user.date_joined", "accounts.user.last_login"),
            *("account.emailaddress.id", "account.emailaddress.user", "account.emailaddress.email"),
            *("account.emailaddress.verified", "account.emailaddress.primary"),
            *("account.emailconfirmation.id", "account.emailconfirmation.email_address"),
            *("account.emailconfirmation.created", "account.emailconfirmation.sent", "account.emailconfirmation.key"),
        ),
    ),
    Kind(
        _("Password and second factors"),
        _("protecting the account"),
        _("nobody: the password is a hash, keys of the app are encrypted"),
        _("until they are changed or removed, at the latest when the account is closed"),
        CONTRACT,
        (
            *("accounts.user.password", "mfa.authenticator.id", "mfa.authenticator.user", "mfa.authenticator.type"),
            *("mfa.authenticator.data", "mfa.authenticator.created_at", "mfa.authenticator.last_used_at"),
        ),
    ),
    Kind(
        _("Sign-ins: network address, browser, times"),
        _("so that people recognise foreign sign-ins and end them"),
        _("the person"),
        _("until the sign-in ends, then 30 days"),
        DUTY,
        (
            *("usersessions.usersession.id", "usersessions.usersession.user", "usersessions.usersession.created_at"),
            *("usersessions.usersession.ip", "usersessions.usersession.last_seen_at"),
            *("usersessions.usersession.session_key", "usersessions.usersession.user_agent"),
            *("usersessions.usersession.data", "sessions.session.session_key", "sessions.session.session_data"),
            "sessions.session.expire_date",
        ),
    ),
    Kind(
        _("Membership, role, staff role"),
        _("deciding who may buy, see or decide what"),
        _("members of the organisation, national staff"),
        _("ends with the membership; the row stays by number as proof of who was entitled"),
        CONTRACT,
        (
            *("accounts.membership.id", "accounts.membership.user", "accounts.membership.organisation"),
            *("accounts.membership.role", "accounts.membership.active", "accounts.membership.since"),
            *("accounts.staffrole.id", "accounts.staffrole.user", "accounts.staffrole.province"),
            *("accounts.staffrole.role", "accounts.staffrole.active", "accounts.staffrole.since"),
            *("accounts.rolegrant.id", "accounts.rolegrant.user", "accounts.rolegrant.province"),
            *("accounts.rolegrant.role", "accounts.rolegrant.state", "accounts.rolegrant.reason"),
            *("accounts.rolegrant.requested_by", "accounts.rolegrant.requested_at", "accounts.rolegrant.confirmed_by"),
            *("accounts.rolegrant.offered_at", "accounts.rolegrant.decided_at"),
            *("accounts.user_groups.user", "accounts.user_user_permissions.user"),
        ),
    ),
    Kind(
        _("Invited address"),
        _("sending an invitation that only this address can use"),
        _("owners of the organisation, national staff"),
        _("30 days after the invitation is used, withdrawn or over"),
        CONTRACT,
        (
            *("accounts.invitation.id", "accounts.invitation.organisation", "accounts.invitation.email"),
            *("accounts.invitation.role", "accounts.invitation.token_hash", "accounts.invitation.state"),
            *("accounts.invitation.invited_by", "accounts.invitation.created_at", "accounts.invitation.expires_at"),
        ),
    ),
    Kind(
        _("Who bought, booked, recorded or uploaded something"),
        _("accounts that can be checked; four eyes"),
        _("members of the organisation, staff by their role; by number once the account is closed"),
        _("the statutory term of accounting records (30 years for vouchers, 财会〔2015〕79号)"),
        DUTY,
        (
            *("accounts.apikey.created_by", "activation.enrolmentcode.created_by", "catalog.tableupload.uploaded_by"),
            *(
                "checkout.purchase.requested_by",
                "ledger.topup.decided_by",
                "ledger.topup.recorded_by",
                "ledger.topup.reversal_asked_by",
                "ledger.topup.reversed_by",
            ),
            *(
                "accounts.dataexport.requested_by",
                "overview.provinceclosing.asked_by",
                "overview.provinceclosing.confirmed_by",
                "ledger.transaction.by",
                "orders.order.requested_by",
                "admin.logentry.user",
            ),
        ),
    ),
    Kind(
        _("History: the number of who did what and when"),
        _("proof of every act; it holds numbers of people, never names or addresses"),
        _("staff whose role reads history; the organisation in its own export"),
        _("as long as what it proves"),
        DUTY,
        ("history.record.actor_id", "history.record.facts", "history.record.subject_id"),
    ),
    Kind(
        _("Letters waiting to be sent"),
        _("messages about what happened; they name people by number, e-mails about sign-in are encrypted"),
        _("operators, without addresses and texts"),
        _("90 days after delivery or the last attempt; the text of e-mails about sign-in until they are sent"),
        CONTRACT,
        ("outbox.letter.payload", "outbox.letter.last_error", "outbox.letter.subject_id"),
    ),
    Kind(
        _("Answers to programs"),
        _("so that a repeated request does not buy twice"),
        _("programs of the same organisation"),
        _("7 days"),
        CONTRACT,
        ("accounts.idempotentanswer.answer",),
    ),
    Kind(
        _("Applications of providers: who started, checked and decided; documents and reasons"),
        _("deciding on an application, and answering for the decision"),
        _("members of the organisation, operators of the province"),
        _("as long as the provider sells in the province, then the statutory term"),
        DUTY,
        (
            *("onboarding.application.started_by", "onboarding.application.approved_by"),
            *("onboarding.application.reason", "onboarding.answer.facts", "onboarding.answer.secret"),
            *("onboarding.answer.reason", "onboarding.answer.checked_by", "onboarding.document.name"),
            *("onboarding.document.finding", "onboarding.document.uploaded_by"),
        ),
    ),
    Kind(
        _("Saved searches and wishes to be told of stock"),
        _("finding offers again, telling the person when they can be bought"),
        _("the person"),
        _("until the person deletes them; wishes 30 days after they are over; all within a day of closing the account"),
        CONTRACT,
        (
            *("directory.savedsearch.user", "directory.savedsearch.name", "directory.savedsearch.query"),
            *("directory.stockalert.user", "directory.stockalert.target", "directory.stockalert.path"),
            *("directory.stockalert.provinces", "directory.stockalert.name_zh", "directory.stockalert.name_en"),
        ),
    ),
    Kind(
        _("Who acknowledged an alarm, and the note"),
        _("handing over between shifts; answering for what was done"),
        _("operators"),
        _("as long as what it proves"),
        DUTY,
        ("overview.alarm.acknowledged_by", "overview.alarm.note"),
    ),
    Kind(
        _("Objections to a public notice: who objects, the words, how to reach them"),
        _("hearing the objection and answering it"),
        _("operators of the province"),
        _("as long as the decision it concerns"),
        CONSENT,
        (
            *("onboarding.objection.person", "onboarding.objection.sentence", "onboarding.objection.contact"),
            *("onboarding.objection.answer", "onboarding.objection.settled_by"),
        ),
    ),
)

ABOUT_PEOPLE = frozenset(
    {
        *("accounts.user", "accounts.membership", "accounts.staffrole", "accounts.invitation"),
        *("accounts.rolegrant", "account.emailaddress", "account.emailconfirmation", "mfa.authenticator"),
        *("usersessions.usersession", "sessions.session"),
    }
)
"""Of these every field is in the register or named below, whatever its type."""


def registered() -> dict[str, Kind]:
    """The line of each field."""
    return {field: kind for kind in REGISTER for field in kind.fields}
