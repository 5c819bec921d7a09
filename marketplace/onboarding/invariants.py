"""I7 for public notices: the national list equals its source; every stored document has its content."""

from collections.abc import Iterator

from marketplace.onboarding.actions.documents import path_of
from marketplace.onboarding.listing import facts_of
from marketplace.onboarding.models import Application, Document
from portal.directory.models import NoticeIndex
from tenants.context import current_province


def findings_in_province() -> Iterator[str]:
    here = current_province()
    listed = {row.pk: row for row in NoticeIndex.objects.filter(province=here)}
    noticed = Application.objects.exclude(notice_began_at=None).select_related("organisation")
    for application in noticed:
        row = listed.pop(application.pk, None)
        if row is None:
            yield f"I7: {here}: the notice of {application.pk} is missing from the national list."
            continue
        for name, value in facts_of(application).items():
            if getattr(row, name) != value:
                yield f"I7: {here}: {name} of the notice of {application.pk} differs on the national list."
    for row in listed.values():
        yield f"I7: {here}: the national list has a notice of {row.pk}, which the province does not have."
    for sha256 in Document.objects.present().values_list("sha256", flat=True):
        if not path_of(sha256).is_file():
            yield f"{here}: the content of the document {sha256} is gone from the private folder."
