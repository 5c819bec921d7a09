"""Documents of an application: taken in, scanned, fetched by the few who may, removed.

Contents lie outside every public folder (`tenants.backups.files`), go with the backups of the province, and are
served only through `fetch`, which leaves a history row.
"""

import hashlib
import re
from pathlib import Path
from typing import Any, BinaryIO

import puremagic
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.onboarding import scanner
from marketplace.onboarding.answers.editing import require_editable
from marketplace.onboarding.models import Answer, Document, DocumentState
from portal.accounts.models import User
from portal.web.texts.lines import unseen
from tenants import history, outbox
from tenants.acts import Refusal, require
from tenants.backups import files
from tenants.context import current_province

MOST_BYTES = 20 * 2**20
MOST_EACH = 5
"""Documents per attribute."""
HEAD = 4096
ENDINGS = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}
SIGNATURES = {"application/pdf": b"%PDF-", "image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
"""puremagic finds types anywhere in the head; a document must also begin as its type does."""


def add_document(answer: Answer, file: UploadedFile, *, by: User) -> Document:
    """Store the file and leave it in quarantine until it is scanned.

    Raises `Refusal` for a file that is too large, of another type, there already, or one too many.
    """
    require(
        0 < (file.size or 0) <= MOST_BYTES,
        _("“%(name)s” is empty or larger than 20 MB. It was not uploaded.") % {"name": file.name},
        "wrong_size",
    )
    media_type, digest = type_of(file), _digest(file)
    with transaction.atomic():
        answer = require_editable(answer)
        present = answer.documents.present()
        require(answer.row.documents, _("No documents are taken here. It was not uploaded."), "none_taken")
        require(not present.filter(sha256=digest).exists(), _("This very file is here already."), "there_already")
        require(
            present.count() < MOST_EACH,
            _("Five files are here already. Remove one first; nothing was uploaded."),
            "too_many",
        )
        files.keep(path_of(digest), file.chunks())
        name = safe_name(file.name or "", media_type)
        facts = {"name": name, "media_type": media_type, "size": file.size or 0, "sha256": digest}
        document = answer.documents.create(uploaded_by=by, **facts)
        answer.changed_at = document.uploaded_at
        answer.save(update_fields=["changed_at"])
        history.record("document.added", answer.application, by=by, attribute=answer.attribute, sha256=digest)
        outbox.leave("onboarding.scan", document)
    return document


@transaction.atomic
def remove_document(document: Document, *, by: User) -> None:
    """Take it off the application; that it was there stays in history."""
    answer = require_editable(document.answer)
    document = Document.objects.select_for_update().get(pk=document.pk)
    require(document.removed_at is None, _("This file was removed already. Nothing was changed."), "wrong_state")
    document.removed_at = answer.changed_at = timezone.now()
    document.save(update_fields=["removed_at"])
    answer.save(update_fields=["changed_at"])
    history.record("document.removed", answer.application, by=by, attribute=answer.attribute, sha256=document.sha256)


@transaction.atomic
def fetch(document: Document, *, by: User) -> BinaryIO:
    """The content, for somebody who may read it; blocked files are given to nobody."""
    require(
        document.state != DocumentState.REJECTED,
        _("The scanner blocked this file (%(finding)s). It is given to nobody.") % {"finding": document.finding},
        "blocked",
    )
    path = path_of(document.sha256)
    require(path.is_file(), _("The content of this file is lost. It must be uploaded again."), "content_lost")
    history.record("document.fetched", document.answer.application, by=by, sha256=document.sha256)
    return path.open("rb")


def scan_document(document_id: Any) -> None:
    """Ask the scanner; without one the file stays in quarantine. Raises `scanner.NoScanner` while clamd is away."""
    if not scanner.is_set_up():
        return
    with transaction.atomic():
        document = Document.objects.select_for_update().in_quarantine().filter(pk=document_id).first()
        if document is None:
            return
        _conclude(document, _verdict(path_of(document.sha256)))


def _verdict(path: Path) -> scanner.Verdict:
    if not path.is_file():
        return scanner.Verdict(None, "content lost")
    with path.open("rb") as content:
        return scanner.scan(content)


def _conclude(document: Document, verdict: scanner.Verdict) -> None:
    state = {True: DocumentState.REJECTED, False: DocumentState.SAFE, None: DocumentState.ERROR}[verdict.infected]
    document.move_to(state, finding=verdict.words[:200])
    history.record("document.scanned", document.answer.application, result=str(state), sha256=document.sha256)


def type_of(file: UploadedFile) -> str:
    """Media type by the first bytes, never by name or by what the browser says."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    try:
        found = {match.mime_type for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        found = set()
    for media_type, signature in SIGNATURES.items():
        if media_type in found and head.startswith(signature):
            return media_type
    raise Refusal(
        _("“%(name)s” is neither PDF, PNG nor JPEG, whatever its name says. It was not uploaded.")
        % {"name": file.name},
        "wrong_type",
    )


def safe_name(name: str, media_type: str) -> str:
    """The file's own name without folders, control characters and a misleading ending."""
    stem = Path("".join(one for one in name if not unseen(one)).replace("\\", "/")).name
    stem = re.sub(r"[\"<>|:*?]", "", stem).strip(". ")
    stem = re.sub(r"(\.(pdf|png|jpe?g))+$", "", stem, flags=re.IGNORECASE)[:100].strip(". ")
    return f"{stem or 'document'}{ENDINGS[media_type]}"


def path_of(sha256: str) -> Path:
    """Where a content of the current province lies."""
    return files.path_of("onboarding", current_province(), sha256)


def _digest(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()
