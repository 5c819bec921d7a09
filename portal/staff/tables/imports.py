"""A CSV file into a list of the administration: first what it would do, then, if nothing is wrong with it, the whole.

Every fault names its row and column; a file with one fault changes nothing. The file travels in the confirmation,
so nothing lies about between the two steps, and it is examined again when it is taken.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.accounts import permissions
from portal.accounts.models import User
from tenants.acts import Refusal, require

MOST_ROWS = 2_000
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Fault:
    row: int
    """As a spreadsheet counts: the head is row 1."""
    column: str
    sentence: str


@dataclass(frozen=True)
class Plan:
    """What a file would do."""

    new: int = 0
    changed: int = 0
    same: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def does_something(self) -> bool:
        return bool(self.new or self.changed)


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("UTF-8 or GB 18030, at most 2,000 rows and 1 MB. The first row names the columns."),
    )


@dataclass(frozen=True)
class Import:
    """What a list takes from a file."""

    columns: Sequence[str]
    means: Any
    """What taking the file does, read before confirming."""
    plan: Callable[[list[dict[str, str]]], Plan]
    """What the rows would do; changes nothing."""
    take: Callable[..., None]
    """Called with the rows and `by=`: does it, all or nothing. Raises `Refusal`."""
    verb: str = "add"
    """Word in the table of rights."""


class ImportsCSV(ModelAdmin):
    """Part of an administration that takes files."""

    csv_import: ClassVar[Import]

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_import"
        return [path("import/", self.admin_site.admin_view(self.import_view), name=name), *super().get_urls()]

    def may_import(self, request: HttpRequest) -> bool:
        return permissions.may(request.user, self.csv_import.verb, str(self.opts.label_lower))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "may_import": self.may_import(request)})

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_import(request):
            raise PermissionDenied(_("Your roles do not allow this. Nothing was changed."))
        if request.method != "POST":
            return self._page(request, form=FileForm())
        try:
            return self._take(request) if "text" in request.POST else self._examine(request)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._page(request, form=FileForm())

    def _examine(self, request: HttpRequest) -> HttpResponse:
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form=form)
        text = decoded(form.cleaned_data["file"])
        return self._page(request, plan=self.csv_import.plan(rows_of(text, self.csv_import.columns)), text=text)

    def _take(self, request: HttpRequest) -> HttpResponse:
        rows = rows_of(request.POST["text"], self.csv_import.columns)
        plan = self.csv_import.plan(rows)
        require(not plan.faults, _("The file has a fault now that it had not before. Nothing was imported."), "faults")
        self.csv_import.take(rows, by=cast(User, request.user))
        told = ngettext("%(number)s row was imported.", "%(number)s rows were imported.", plan.new + plan.changed)
        messages.success(request, told % {"number": plan.new + plan.changed})
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return HttpResponseRedirect(reverse(name, current_app=self.admin_site.name))

    def _page(self, request: HttpRequest, **facts: Any) -> HttpResponse:
        here = self.admin_site.each_context(request)
        title = _("Import: %(things)s") % {"things": self.opts.verbose_name_plural}
        told = {"opts": self.opts, "title": title, "columns": self.csv_import.columns, "means": self.csv_import.means}
        return TemplateResponse(request, "admin/portal_import.html", {**here, **told, **facts})


def decoded(file: Any) -> str:
    """The text of an uploaded file. Raises `Refusal` for one that is too large or no text."""
    require(file.size <= MOST_BYTES, _("The file is larger than 1 MB. Nothing was imported."), "too_large")
    raw = file.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return str(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise Refusal(_("The file is neither UTF-8 nor GB 18030. Nothing was imported."), "bad_encoding")


def rows_of(text: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows by column. Raises `Refusal` where head or form of the table is wrong."""
    require("\0" not in text, _("The file is not a CSV file. Nothing was imported."), "no_text")
    reader = csv.reader(io.StringIO(text))
    try:
        table = [[cell.strip() for cell in line] for line in reader]
    except csv.Error as error:
        sentence = _("The file cannot be read at line %(line)s: %(error)s. Nothing was imported.")
        raise Refusal(sentence % {"line": reader.line_num, "error": error}, "bad_csv") from None
    while table and not any(table[-1]):
        table.pop()
    require(table, _("The file is empty. Nothing was imported."), "empty")
    head, *lines = table
    wrong = sorted(set(head) ^ set(columns))
    require(
        not wrong and len(head) == len(columns),
        _("The first row must name these columns: %(columns)s. Too many or missing: %(wrong)s. Nothing was imported.")
        % {"columns": ", ".join(columns), "wrong": ", ".join(wrong) or "—"},
        "wrong_columns",
    )
    require(lines, _("The file has a head and no rows. Nothing was imported."), "empty")
    require(len(lines) <= MOST_ROWS, _("The file has more than 2,000 rows. Nothing was imported."), "too_many_rows")
    for number, line in enumerate(lines, 2):
        sentence = _("Row %(row)s has %(found)s cells instead of %(wanted)s. Nothing was imported.")
        facts = {"row": number, "found": len(line), "wanted": len(head)}
        require(len(line) == len(head), sentence % facts, "wrong_row")
    return [dict(zip(head, line, strict=True)) for line in lines]
