"""Writing an organisation's export, and removing what is past its term."""

from celery import shared_task

from portal.accounts.models.exports import DataExport, DataExportState
from portal.privacy import actions
from tenants import registry
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
    """Remove personal data past its term, in `public` and in every province: `retention` of every app."""
    for forget_national in registry.functions("retention", "forget"):
        forget_national()
    for forget_in_province in registry.functions("retention", "forget_in_province"):
        for_each_province(forget_in_province)
