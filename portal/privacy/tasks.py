"""Writing an organisation's export, and removing what is past its term."""

from celery import shared_task

from portal.accounts.models.exports import DataExport, DataExportState
from portal.privacy import actions, forgetting
from tenants.context import for_each_province
from tenants.outbox import work
from tenants.tasks import ProvinceTask


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
