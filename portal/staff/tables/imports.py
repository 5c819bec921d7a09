"""A file into a list of the administration: first what it would do, then, if nothing is wrong with it, the whole.

Every fault names its row and column; a file with one fault changes nothing. The file travels in the confirmation,
so nothing lies about between the two steps, and it is examined again when it is taken.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.accounts import permissions
from portal.accounts.models import User
from portal.web.sheets.encodings import CODECS
from portal.web.sheets.reading import ACCEPTED, Fault, Row, Table, read
from tenants.acts import Refusal, require

__all__ = ["Fault", "Row"]

MOST_ROWS = 2_000
MOST_BYTES = 1_000_000
SHOWN = 5
"""Rows of the file that are shown as they were understood."""


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
        label=gettext_lazy("CSV or XLSX file"),
        help_text=gettext_lazy(
            "CSV in UTF-8 or GB 18030, or the first sheet of an XLSX file; at most 2,000 rows and 1 MB. The first row "
            "names the columns."
        ),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 1 MB. Nothing was imported."))
        return file


@dataclass(frozen=True)
class Import:
    """What a list takes from a file."""

    columns: Sequence[str]
    means: Any
    """What taking the file does, read before confirming."""
    plan: Callable[[list[Row]], Plan]
    """What the rows would do; changes nothing."""
    take: Callable[..., None]
    """Called with the rows and `by=`: does it, all or nothing. Raises `Refusal`."""
    keys: Sequence[str]
    """Columns by which a row is known: no spreadsheet may have shortened them."""
    verb: str = "add"
    """Word in the table of rights."""

    def read(self, data: bytes, encoding: str) -> tuple[Table, Plan]:
        """The rows of a file, and what they would do; every column must be there."""
        table = read(data, {name: (name,) for name in self.columns}, MOST_ROWS, keys=self.keys, encoding=encoding)
        if table.heads:
            lacking = [name for name in self.columns if name not in table.heads]
            table.faults += [Fault(1, name, _("This column is missing.")) for name in lacking]
        if any(fault.row < 2 for fault in table.faults):
            return table, Plan(faults=table.faults)
        plan = self.plan(table.rows) if table.rows else Plan()
        return table, replace(plan, faults=sorted([*table.faults, *plan.faults], key=lambda fault: fault.row))


class ImportsFiles(ModelAdmin):
    """Part of an administration that takes files."""

    file_import: ClassVar[Import]

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_import"
        return [path("import/", self.admin_site.admin_view(self.import_view), name=name), *super().get_urls()]

    def may_import(self, request: HttpRequest) -> bool:
        return permissions.may(request.user, self.file_import.verb, str(self.opts.label_lower))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "may_import": self.may_import(request)})

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_import(request):
            raise PermissionDenied(_("Your roles do not allow this. Nothing was changed."))
        if request.method != "POST":
            return self._page(request, form=FileForm())
        try:
            return self._take(request) if "confirmed" in request.POST else self._examine(request)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._page(request, form=FileForm())

    def _examine(self, request: HttpRequest) -> HttpResponse:
        if "data" in request.POST:
            return self._understood(request, _kept(request))
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form=form)
        return self._understood(request, form.cleaned_data["file"].read())

    def _understood(self, request: HttpRequest, data: bytes) -> HttpResponse:
        table, plan = self.file_import.read(data, _encoding(request))
        first = [[row.cells[name] for name in table.heads] for row in table.rows[:SHOWN]]
        kept = base64.b64encode(data).decode()
        return self._page(request, plan=plan, table=table, first=first, data=kept, encoding=_encoding(request))

    def _take(self, request: HttpRequest) -> HttpResponse:
        table, plan = self.file_import.read(_kept(request), _encoding(request))
        require(not plan.faults, _("The file has a fault now that it had not before. Nothing was imported."), "faults")
        self.file_import.take(table.rows, by=cast(User, request.user))
        told = ngettext("%(number)s row was imported.", "%(number)s rows were imported.", plan.new + plan.changed)
        messages.success(request, told % {"number": plan.new + plan.changed})
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return HttpResponseRedirect(reverse(name, current_app=self.admin_site.name))

    def _page(self, request: HttpRequest, **facts: Any) -> HttpResponse:
        here = self.admin_site.each_context(request)
        title = _("Import: %(things)s") % {"things": self.opts.verbose_name_plural}
        told = {"opts": self.opts, "title": title, "columns": self.file_import.columns, "means": self.file_import.means}
        return TemplateResponse(request, "admin/portal_import.html", {**here, **told, **facts})


def _kept(request: HttpRequest) -> bytes:
    """The file of the first step, as the confirmation sends it back."""
    try:
        data = base64.b64decode(request.POST["data"], validate=True)
    except (KeyError, binascii.Error, ValueError):
        raise Refusal(_("The file did not arrive whole. Nothing was imported. Choose it again."), "no_file") from None
    require(len(data) <= MOST_BYTES, _("The file is larger than 1 MB. Nothing was imported."), "too_large")
    return data


def _encoding(request: HttpRequest) -> str:
    """What the person says that the file is saved in; without it, it is recognised."""
    said = request.POST.get("encoding", "")
    return said if said in CODECS else ""
