"""Letters of this app."""

from typing import Any

from celery import shared_task

from portal.accounts import notices, tokens
from portal.accounts.export_models import DataExport, DataExportState
from portal.accounts.models import Invitation, User
from portal.privacy import actions, forgetting
from tenants.context import for_each_province
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


@shared_task(base=ProvinceTask, name="accounts.export")
def write_export(schema: str, letter_id: int) -> None:
    """Write the file an owner asked for; runs in the nation's province, where the letter lies."""
    with work.taken(letter_id) as letter:
        if letter is not None:
            export = DataExport.objects.select_related("organisation").get(pk=letter.subject_id)
            if export.state == DataExportState.WAITING:
                actions.write_export(export)


@shared_task(name="accounts.forget", ignore_result=True)
def forget() -> None:
    """Remove personal data whose term (portal.privacy.register) is over, in `public` and in every province."""
    forgetting.forget_sign_ins()
    forgetting.forget_invitations()
    forgetting.forget_answers()
    actions.remove_old_exports()
    for_each_province(forgetting.forget_letters)


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
