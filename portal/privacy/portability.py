"""What an organisation takes with it: a ZIP with each table twice, as CSV for people and as JSON for programs.

An app names its tables in a `portability.py`, found by name (`tenants.registry`): `tables(organisation)` for facts
in `public`, `tables_in_province(organisation)` for those of one province. This one names the organisation's own.
"""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone

from portal.accounts.models import ApiKey, Membership, Organisation
from portal.staff.tables.exports import cell
from tenants import registry
from tenants.context import for_each_province, in_public
from tenants.history.models import Record
from tenants.models import Province

README = """{name}
Written {at} (UTC). Each table lies here as CSV (money in yuan, times in Beijing time) and as JSON (money in
micro-yuan: 1 CNY = 1,000,000; times in UTC). Folders are provinces; what lies above them is kept by the nation.
每张表各有 CSV（金额为元，北京时间）和 JSON（金额为微元：1 元 = 1,000,000，UTC）两份；
文件夹按分平台划分，其余由国家平台保存。
"""


@dataclass(frozen=True)
class Table:
    name: str
    rows: "QuerySet[Any]"
    paths: tuple[str, ...]
    """Fields, and paths to fields, that the organisation may have."""


def tables(organisation: Organisation) -> Iterator[Table]:
    facts = ("uscc", "name_zh", "name_en", "kind", "province", "state", "submitted_at", "verified_at", "created_at")
    yield Table("organisation", Organisation.objects.filter(pk=organisation.pk), facts)
    members = Membership.objects.filter(organisation=organisation).select_related("user").order_by("pk")
    yield Table("members", members, ("user__email", "user__name", "role", "active", "since"))
    keys = ApiKey.objects.filter(organisation=organisation).order_by("created_at")
    yield Table(
        "api_keys", keys, ("name", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
    )


def tables_in_province(organisation: Organisation) -> Iterator[Table]:
    yield acts_on("accounts.organisation", [str(organisation.pk)])


def acts_on(label: str, keys: list[str]) -> Table:
    """What history says of these objects in the province the connection is in."""
    rows = Record.objects.filter(subject_type=label, subject_id__in=keys).order_by("id")
    paths = ("at", "act", "actor_kind", "actor_id", "subject_type", "subject_id", "facts")
    return Table(f"history_{label.partition('.')[2]}", rows, paths)


@contextmanager
def written(organisation: Organisation) -> Iterator[IO[bytes]]:
    """The ZIP as a temporary file at its beginning; gone after the block."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                "README.txt", README.format(name=organisation.name_zh, at=f"{timezone.now():%Y-%m-%d %H:%M}")
            )
            _write_everything(archive, organisation)
        file.seek(0)
        yield file


def _write_everything(archive: zipfile.ZipFile, organisation: Organisation) -> None:
    with in_public():
        for _label, module in registry.modules("portability"):
            for table in getattr(module, "tables", _none)(organisation):
                _write(archive, "", table)
    outcomes = for_each_province(lambda province: _write_province(archive, province, organisation))
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if errors:
        raise OSError(f"{len(errors)} provinces could not be written") from errors[0]


def _write_province(archive: zipfile.ZipFile, province: Province, organisation: Organisation) -> None:
    for _label, module in registry.modules("portability"):
        for table in getattr(module, "tables_in_province", _none)(organisation):
            _write(archive, f"{province.slug}/", table)


def _write(archive: zipfile.ZipFile, folder: str, table: Table) -> None:
    """Both files of a table; an empty table of a province is left out."""
    rows = list(table.rows)
    if folder and not rows:
        return
    text = io.StringIO()
    csv.writer(text).writerows([table.paths, *([cell(row, path) for path in table.paths] for row in rows)])
    archive.writestr(f"{folder}{table.name}.csv", text.getvalue().encode("utf-8-sig"))
    plain = [{path: _value(row, path) for path in table.paths} for row in rows]
    archive.writestr(f"{folder}{table.name}.json", json.dumps(plain, cls=_Plain, ensure_ascii=False, indent=1))


class _Plain(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        """Ranges as their two ends; what is no JSON otherwise by its name."""
        if hasattr(o, "lower") and hasattr(o, "upper"):
            return [o.lower, o.upper]
        try:
            return super().default(o)
        except TypeError:
            return str(o)


def _value(row: Any, path: str) -> Any:
    for step in path.split("__"):
        row = getattr(row, step, None)
    return row


def _none(organisation: Organisation) -> tuple[Table, ...]:
    return ()
