"""Letters of this app."""

from typing import Any

from celery import shared_task
from django.core.mail import EmailMessage

from portal.accounts import mail, notices, tokens
from portal.accounts.models import Invitation, User
from tenants.outbox import work
from tenants.tasks import ProvinceTask


@shared_task(base=ProvinceTask, name="accounts.notice")
def send_notice(schema: str, letter_id: int) -> None:
    """Send the e-mail a letter asks for; an account closed meanwhile gets none."""
    with work.taken(letter_id, work.A_DAY) as letter:
        if letter is None:
            return
        found = addressee(letter.payload)
        if found is not None:
            mail.send(notices.message_of(letter.payload["notice"], *found), letter)


@shared_task(base=ProvinceTask, name="accounts.mail")
def send_mail(schema: str, letter_id: int) -> None:
    """Send the finished e-mail of a letter, and remove its text."""
    with work.taken(letter_id, work.A_DAY) as letter:
        if letter is None:
            return
        one = mail.opened(letter)
        mail.send(EmailMessage(one.subject, one.text, to=[one.to]), letter)
        letter.payload = {}


def addressee(payload: dict[str, Any]) -> tuple[str, dict[str, Any], str] | None:
    """Address the letter goes to now, the facts its text names, and the language; None if there is nobody any more."""
    by = User.objects.filter(pk=payload["by"]).first() if payload.get("by") else None
    facts = payload["facts"] | {"person": notices.name_in_mail(by) if by else ""}
    if "invitation" in payload:
        return _invited(payload["invitation"], by, facts)
    told = User.objects.filter(pk=payload["user"], is_active=True).first()
    return (told.email, facts, told.language) if told else None


def _invited(pk: int, by: User | None, facts: dict[str, Any]) -> tuple[str, dict[str, Any], str] | None:
    """What nobody has verified does not reach strangers: neither the organisation's name nor its member's."""
    invitation = Invitation.objects.usable().select_related("organisation").filter(pk=pk).first()
    if invitation is None:
        return None
    if not invitation.organisation.was_verified:
        facts |= {"name_zh": "", "name_en": "", "person": by.email if by else ""}
    token = tokens.invitation_token(invitation)
    facts |= {"role": invitation.role, "expires_at": invitation.expires_at, "token": token}
    return invitation.email, facts, ""
