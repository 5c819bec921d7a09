"""Letters of this app."""

from typing import Any

from celery import shared_task

from portal.accounts import notices, tokens
from portal.accounts.models import Invitation, User
from tenants.outbox import work
from tenants.tasks import ProvinceTask


@shared_task(base=ProvinceTask, name="accounts.notice")
def send_notice(schema: str, letter_id: int) -> None:
    """Send the e-mail a letter asks for; an account closed meanwhile gets none."""
    with work.taken(letter_id) as letter:
        if letter is None:
            return
        address, facts = addressee(letter.payload)
        if address:
            notices.message_of(letter.payload["notice"], address, facts).send()


def addressee(payload: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """Address the letter goes to now (None: nobody any more), and the facts its text names."""
    by = User.objects.filter(pk=payload["by"]).first() if payload.get("by") else None
    facts = payload["facts"] | {"person": str(by) if by else ""}
    if "invitation" not in payload:
        people = User.objects.filter(pk=payload["user"], is_active=True)
        return people.values_list("email", flat=True).first(), facts
    invitation = Invitation.objects.usable().filter(pk=payload["invitation"]).first()
    if invitation is None:
        return None, facts
    token = tokens.invitation_token(invitation)
    return invitation.email, facts | {"role": invitation.role, "expires_at": invitation.expires_at, "token": token}
