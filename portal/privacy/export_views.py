"""The organisation's export of its own data: asked for, waited for, fetched; owners only."""

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from portal.accounts.models.exports import DataExport, DataExportState
from portal.accounts.permissions import require_right
from portal.accounts.views.answers import act_and_return, person
from portal.privacy import actions

RIGHT = "organisation.export"
SHOWN = 20
TONES = {
    DataExportState.WAITING: "run",
    DataExportState.READY: "ok",
    DataExportState.FAILED: "bad",
    DataExportState.GONE: "off",
}


@require_http_methods(["GET", "POST"])
def data_exports(request: HttpRequest) -> HttpResponse:
    organisation = require_right(request, RIGHT).organisation
    if request.method == "POST":
        return act_and_return(
            request,
            lambda: actions.request_export(organisation, by=person(request)),
            _("The export is being written. The owners get an e-mail when it is ready."),
            "privacy:data_exports",
        )
    rows = list(organisation.data_exports.select_related("requested_by")[:SHOWN])
    exports = [(one, TONES[DataExportState(one.state)]) for one in rows]
    waiting = any(one.state == DataExportState.WAITING for one in rows)
    facts = {"organisation": organisation, "exports": exports, "waiting": waiting}
    return render(request, "privacy/data_exports.html", facts)


@require_GET
def fetch(request: HttpRequest, pk: UUID) -> HttpResponse | FileResponse:
    membership = request.membership  # type: ignore[attr-defined]
    export = get_object_or_404(DataExport, pk=pk, organisation=membership.organisation if membership else None)
    require_right(request, RIGHT)
    file = actions.fetch_export(export, by=person(request))
    return FileResponse(
        file, as_attachment=True, filename=f"{export.organisation.uscc}-{export.requested_at:%Y%m%d}.zip"
    )
