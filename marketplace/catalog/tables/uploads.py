"""Keeping a checked file until it is imported, exactly as it was checked."""

import hashlib

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.catalog.models import Provider
from marketplace.catalog.tables.checking import Checked
from marketplace.catalog.tables.columns import KINDS
from marketplace.catalog.tables.importing import import_table
from marketplace.catalog.tables.kinds import Kind
from marketplace.catalog.tables.models import TableUpload
from portal.accounts.models import User
from portal.web.texts.lines import plain
from tenants import history
from tenants.acts import Refusal, require


@transaction.atomic
def keep(kind: Kind, provider: Provider, name: str, data: bytes, *, by: User) -> TableUpload:
    """Keep a file for an hour, one for each of the person's tables; files whose hour is over make room."""
    TableUpload.objects.expired().delete()
    TableUpload.objects.filter(provider=provider, uploaded_by=by, kind=kind.name).delete()
    digest = hashlib.sha256(data).hexdigest()
    upload = TableUpload.objects.create(
        provider=provider, uploaded_by=by, kind=kind.name, name=plain(name)[:120], data=data, sha256=digest
    )
    history.record(f"{kind.name}.uploaded", provider, by=by, sha256=digest, bytes=len(data))
    return upload


@transaction.atomic
def import_upload(upload: TableUpload, encoding: str = "", *, by: User) -> Checked:
    """Import the file that was checked, and forget it. Raises `Faulty`, or `Refusal` `upload_gone`."""
    found = TableUpload.objects.usable_by(by).select_for_update(of=("self",)).select_related("provider")
    kept = found.filter(pk=upload.pk).first()
    if kept is None:
        raise Refusal(_("This file was imported already, or its hour is over. Upload it again."), "upload_gone")
    data = bytes(kept.data)
    require(
        hashlib.sha256(data).hexdigest() == kept.sha256,
        _("The file kept here is not the one that was checked. Nothing was imported. Upload it again."),
        "upload_changed",
    )
    checked = import_table(KINDS[kept.kind], kept.provider, data, encoding, by=by)
    kept.delete()
    return checked
