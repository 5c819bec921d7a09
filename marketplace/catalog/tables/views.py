"""Pages of a provider's tables: template, export, upload, dry run, import."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.catalog.access import person, provider_of
from marketplace.catalog.models import Provider
from marketplace.catalog.tables import exporting, uploads
from marketplace.catalog.tables.columns import KINDS
from marketplace.catalog.tables.importing import Faulty, dry_run
from marketplace.catalog.tables.kinds import Kind, of_provider
from marketplace.catalog.tables.models import TableUpload
from marketplace.catalog.tables.showing import shown
from portal.accounts import permissions
from portal.api.throttling import ImportThrottle
from portal.web.errors import render_error
from portal.web.sheets.encodings import CODECS
from portal.web.sheets.reading import ACCEPTED, MOST_BYTES

IMPORTED = "imported_table"
"""In the session: the file that the person imported last, and its kind."""
LISTS = {
    "sites": "catalog:sites_of_provider",
    "pools": "catalog:pools_of_provider",
    "cards": "catalog:pools_of_provider",
    "offers": "catalog:offers_of_provider",
}
"""Where what was imported is seen, by the table's name; cards stand in their pools."""


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"),
        help_text=gettext_lazy(
            "CSV in UTF-8 or GB18030, or the first sheet of an XLSX file; at most 5 MB. It is checked first; "
            "nothing is imported yet."
        ),
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("No file was chosen. Nothing was uploaded.")},
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 5 MB. Nothing was uploaded. Divide it into several files.")
            )
        return file


@require_safe
def tables(request: HttpRequest) -> HttpResponse:
    provider = provider_of(request)
    listed = [(kind, of_provider(kind, provider).count(), _may(request, kind, provider)) for kind in KINDS.values()]
    return render(request, "catalog/tables.html", {"provider": provider, "listed": listed})


@require_http_methods(["GET", "HEAD", "POST"])
def table(request: HttpRequest, kind: str) -> HttpResponse:
    """What the table is; a POST keeps a file and leads to its dry run."""
    found, provider = _kind(kind), provider_of(request)
    form = UploadForm()
    if request.method == "POST":
        _require(request, found, provider)
        if _too_many(request):
            return _wait(request)
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            kept = uploads.keep(found, provider, file.name, file.read(), by=person(request))
            return redirect("catalog:table_upload", kept.pk)
    facts = {"kind": found, "provider": provider, "form": form, "may_import": _may(request, found, provider)}
    return render(request, "catalog/table.html", facts, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The dry run of a kept file; a POST imports it. `encoding` is what the person says that it is."""
    usable = TableUpload.objects.usable_by(person(request)).select_related("provider__organisation")
    kept = usable.filter(pk=pk).first()
    if kept is None:
        return _after_import(request, pk)
    kind = KINDS[kept.kind]
    _require(request, kind, kept.provider)
    if _too_many(request):
        return _wait(request)
    said = (request.POST if request.method == "POST" else request.GET).get("encoding", "")
    encoding = said if said in CODECS else ""
    if request.method != "POST":
        return _dry_run(request, kept, kind, encoding)
    try:
        done = uploads.import_upload(kept, encoding, by=person(request))
    except Faulty:
        return _dry_run(request, kept, kind, encoding, status=409)
    request.session[IMPORTED] = {str(pk): kind.name}
    messages.success(request, _imported(kind, done.counts()))
    return redirect(LISTS[kind.name])


def _after_import(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Back, or a second press of the button, after the import: to what was imported; 404 for everybody else."""
    kind = request.session.get(IMPORTED, {}).get(str(pk))
    if kind is None:
        raise Http404
    messages.info(request, _("This file was imported already. Nothing was imported a second time."))
    return redirect(LISTS[kind])


@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    found = _kind(kind)
    provider_of(request)
    return _file(exporting.template(found), f"{found.name}-template.csv")


@require_safe
def export(request: HttpRequest, kind: str) -> HttpResponse:
    found, provider = _kind(kind), provider_of(request)
    return _file(exporting.export(found, provider), f"{provider.slug}-{found.name}-{timezone.localdate():%Y%m%d}.csv")


def _dry_run(request: HttpRequest, kept: TableUpload, kind: Kind, encoding: str, status: int = 200) -> HttpResponse:
    checked = dry_run(kind, kept.provider, bytes(kept.data), encoding)
    said = {"encoding": encoding, "late": status == 409}
    facts: dict[str, Any] = {"upload": kept, "kind": kind, **said, **shown(checked)}
    return render(request, "catalog/table_upload.html", facts, status=status)


def _too_many(request: HttpRequest) -> bool:
    """Checking a file takes seconds, so pages spend the same allowance as the API."""
    return not ImportThrottle().allow_request(request, None)


def _wait(request: HttpRequest) -> HttpResponse:
    sentence = _("Too many files in a short time. Nothing was imported. Wait a minute, then try again.")
    return render_error(request, 429, sentence)


def _imported(kind: Kind, counts: dict[str, int]) -> str:
    rows = counts["added"] + counts["changed"]
    sentence = ngettext(
        "%(rows)s row was imported: %(added)s added, %(changed)s changed, %(same)s left as they were.",
        "%(rows)s rows were imported: %(added)s added, %(changed)s changed, %(same)s left as they were.",
        rows,
    )
    return sentence % {"rows": f"{rows:,}", **{name: f"{count:,}" for name, count in counts.items()}}


def _file(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(data, content_type="text/csv; charset=utf-8", headers=headers)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404
    return KINDS[name]


def _may(request: HttpRequest, kind: Kind, provider: Provider) -> bool:
    return permissions.member_may(request.user, kind.right, provider.organisation)


def _require(request: HttpRequest, kind: Kind, provider: Provider) -> None:
    if not _may(request, kind, provider):
        raise PermissionDenied(
            _("Your role in %(organisation)s does not allow importing. Nothing was changed.")
            % {"organisation": provider.organisation.name}
        )
