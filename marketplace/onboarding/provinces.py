"""What restoring a province means for the nation's list of its public notices, and for stored documents."""

from collections.abc import Iterator

from django.utils.translation import ngettext

from marketplace.onboarding import listing
from marketplace.onboarding.actions.documents import path_of
from marketplace.onboarding.models import Application, Document
from portal.directory.index import actions as directory
from tenants.models import Province


def rebuild(province: Province) -> Iterator[str]:
    """Write the notices anew, and count the documents whose content came back with no archive."""
    directory.take_off_notices(province)
    for application in Application.objects.exclude(notice_began_at=None).select_related("organisation"):
        listing.update(application)
    stored = Document.objects.present().values_list("sha256", flat=True)
    lost = sum(not path_of(sha256).is_file() for sha256 in stored)
    if lost:
        yield ngettext(
            "The content of %(count)s document of an application is lost: ask for it again.",
            "The contents of %(count)s documents of applications are lost: ask for them again.",
            lost,
        ) % {"count": lost}
