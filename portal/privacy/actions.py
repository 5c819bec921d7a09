"""An organisation takes its data with it: asked for by an owner, written by a worker, fetched within seven days."""

import hashlib
from datetime import timedelta
from typing import Any

import structlog
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import notices
from portal.accounts.models import Organisation, User
from portal.accounts.models.exports import DataExport, DataExportState
from portal.privacy import portability
from tenants import history, outbox
from tenants.acts import Refusal, require
from tenants.context import NATION, in_province

KEPT_FOR = timedelta(days=7)

log = structlog.get_logger(__name__)


@transaction.atomic
def request_export(organisation: Organisation, *, by: User, key: Any = None) -> DataExport:
    """One at a time. Raises `Refusal` while an earlier one is being written."""
    try:
        with transaction.atomic():
            export = DataExport.objects.create(organisation=organisation, requested_by=by)
    except IntegrityError:
        raise Refusal(
            _("An export is being written already; its owners get an e-mail when it is ready. Nothing was started."),
            "export_running",
        ) from None
    history.record("export.requested", organisation, by=key or by, export=str(export.pk))
    with in_province(NATION):
        outbox.leave("accounts.export", export)
    return export


def write_export(export: DataExport) -> DataExport:
    """Write the file and tell the owners. The caller holds the letter; a file that cannot be written is said."""
    try:
        with portability.written(export.organisation) as file:
            digest, size = _digest(file)
            default_storage.delete(export.file)
            default_storage.save(export.file, file)
    except OSError as error:
        log.exception("export_failed", export=str(export.pk))
        return _finish(export, DataExportState.FAILED, "export.failed", reason=type(error).__name__)
    now = timezone.now()
    facts: dict[str, Any] = {"ready_at": now, "expires_at": now + KEPT_FOR, "size": size, "sha256": digest}
    export = _finish(export, DataExportState.READY, "export.ready", **facts)
    notices.tell_owners(export.organisation, "export_ready")
    return export


@transaction.atomic
def _finish(export: DataExport, state: DataExportState, act: str, reason: str = "", **facts: Any) -> DataExport:
    export = DataExport.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=export.pk)
    export.move_to(state, **facts)
    history.record(act, export.organisation, export=str(export.pk), reason=reason)
    return export


@transaction.atomic
def fetch_export(export: DataExport, *, by: Any) -> Any:
    """The opened file; every fetching is written down. Raises `Refusal` for one that is not there (any more)."""
    require(
        export.can_be_fetched() and default_storage.exists(export.file),
        _("This file is not ready or was removed after seven days. Ask for a new export."),
        "export_gone",
    )
    history.record("export.fetched", export.organisation, by=by, export=str(export.pk))
    return default_storage.open(export.file, "rb")


def remove_old_exports() -> int:
    """Files whose seven days are over; the row stays. Returns how many."""
    old = DataExport.objects.filter(state=DataExportState.READY, expires_at__lte=timezone.now())
    return sum(_remove(export) for export in old)


@transaction.atomic
def _remove(export: DataExport) -> bool:
    export = DataExport.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=export.pk)
    if export.state != DataExportState.READY:
        return False
    default_storage.delete(export.file)
    export.move_to(DataExportState.GONE)
    history.record("export.removed", export.organisation, export=str(export.pk))
    return True


def _digest(file: Any) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while block := file.read(1 << 20):
        digest.update(block)
        size += len(block)
    file.seek(0)
    return digest.hexdigest(), size
