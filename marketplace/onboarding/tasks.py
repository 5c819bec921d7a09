"""The scanner's letters, and the clock of public notices."""

from celery import shared_task

from marketplace.onboarding import scanner
from marketplace.onboarding.actions import decisions, documents
from marketplace.onboarding.models import Application, Document
from tenants.context import for_each_province
from tenants.models import Province
from tenants.outbox import work
from tenants.tasks import ProvinceTask, one_by_one


@shared_task(base=ProvinceTask, name="onboarding.scan")
def scan(schema: str, letter_id: int) -> None:
    """Scan one upload. While clamd is away the letter stays; without a scanner the file stays in quarantine."""
    with work.taken(letter_id) as letter:
        if letter is None:
            return
        try:
            documents.scan_document(letter.subject_id)
        except scanner.NoScanner as reason:
            raise work.NotNow(str(reason)) from reason


@shared_task(name="onboarding.watch", ignore_result=True)
def watch() -> None:
    """Make providers of those whose notice is over, and scan what was uploaded while there was no scanner."""
    for_each_province(_watch_province)


def _watch_province(province: Province) -> None:
    one_by_one(decisions.grant_application, Application.objects.with_notice_over())
    if scanner.is_set_up():
        one_by_one(documents.scan_document, Document.objects.in_quarantine().values_list("pk", flat=True)[:50])
