"""Any list of the administration as a file: the rows its filters leave, the columns the person may see.

A cell that a spreadsheet would take for a formula begins with an apostrophe: names are typed in by strangers.
"""

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, cast

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook

from portal.accounts.models import User
from portal.staff.tables import columns
from portal.web.wording import BEIJING, MICRO
from tenants import history

MOST = {"csv": 100_000, "xlsx": 10_000}
"""Most rows of a file: a work sheet is built in memory, the other is written row by row."""
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BEGINS_A_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""Half width or full: a spreadsheet in Chinese reads both."""
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML, and so a work sheet, cannot hold."""


class ExportsList(ModelAdmin):
    """Part of `PortalAdmin`: the list as CSV or XLSX."""

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/<slug:form>/", view, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest, form: str) -> HttpResponse | FileResponse:
        if form not in MOST:
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self._list_url(request))  # the list says what is wrong with the address
        count = rows.count()
        if count > MOST[form]:
            sentence = _(
                "The list has %(count)s rows; a file of this kind holds %(most)s. Narrow it down; nothing was exported."
            )
            messages.error(request, sentence % {"count": f"{count:,}", "most": f"{MOST[form]:,}"})
            return HttpResponseRedirect(self._list_url(request))
        history.record(
            "list.exported", cast(User, request.user), by=request.user, list=self.opts.label_lower, rows=count
        )
        written = write(form, self.export_paths(request), rows)
        name = f"{self.opts.model_name}-{timezone.now().astimezone(BEIJING):%Y%m%d-%H%M%S}.{form}"
        return FileResponse(written, as_attachment=True, filename=name, content_type=TYPES[form])

    def export_paths(self, request: HttpRequest) -> list[str]:
        """What list and page show this person, each once."""
        shown = [*self.get_list_display(request), *self.get_fields(request, self.model())]
        paths = [columns.path_of(one) for one in shown]
        return list(dict.fromkeys(one for one in paths if isinstance(one, str) and columns.field_at(self.model, one)))

    def _list_url(self, request: HttpRequest) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return f"{reverse(name, current_app=self.admin_site.name)}?{request.GET.urlencode()}"


def write(form: str, paths: Sequence[str], rows: "QuerySet[Any]") -> IO[bytes]:
    """The file, ready to be read from its beginning."""
    table = lines(paths, rows.select_related(*columns.related_of(rows.model, list(paths))))
    return _csv(table) if form == "csv" else _xlsx(table)


def lines(paths: Sequence[str], rows: "QuerySet[Any]") -> Iterator[list[Any]]:
    """The head, then a line for each row."""
    yield [head(rows.model, path) for path in paths]
    for row in rows.iterator(chunk_size=2_000):
        yield [cell(row, path) for path in paths]


def head(model: type[Model], path: str) -> str:
    field = columns.field_at(model, path)
    name = str(field.verbose_name) if field else path
    return f"{name} (CNY)" if path.endswith("_u") else name


def cell(row: Any, path: str) -> Any:
    """Money in yuan, times in Beijing time, choices by their words; text that no spreadsheet takes for a formula."""
    *before, name = path.split("__")
    for step in before:
        row = getattr(row, step, None)
    value = getattr(row, name, None)
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value)
    if name.endswith("_u") and isinstance(value, int):
        return Decimal(value) / MICRO
    if isinstance(value, (int, Decimal, float)):
        return value
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return plain(_text(row, name, value))


def _text(row: Any, name: str, value: Any) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    words = getattr(row, f"get_{name}_display", None)
    return str(words()) if words else str(value)


def plain(text: str) -> str:
    text = NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)
    return f"'{text}" if text.startswith(BEGINS_A_FORMULA) else text


def _csv(table: Iterator[list[Any]]) -> IO[bytes]:
    """With a byte order mark: without it Excel takes Chinese for something else."""
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    csv.writer(text).writerows(table)
    text.detach()
    file.seek(0)
    return file


def _xlsx(table: Iterator[list[Any]]) -> IO[bytes]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in table:
        sheet.append(line)
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    book.save(file)
    file.seek(0)
    return file
