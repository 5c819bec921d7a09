"""A provider's tables for programs: the same file, the same check and the same import as on the pages."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, parsers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.api import serializers
from marketplace.catalog.api.doors import ProviderDoor
from marketplace.catalog.tables.checking import Checked
from marketplace.catalog.tables.columns import KINDS
from marketplace.catalog.tables.importing import Faulty, dry_run, import_table
from marketplace.catalog.tables.showing import MOST_FAULTS
from portal.api.bodies import TooLarge, bytes_of
from portal.api.openapi import KEY_PARAMETER
from portal.api.problems import problem
from portal.api.throttling import ImportThrottle
from portal.web.sheets.reading import MOST_BYTES, Fault

ONLY_IMPORTS = OpenApiParameter(
    KEY_PARAMETER.name,
    KEY_PARAMETER.type,
    OpenApiParameter.HEADER,
    required=False,
    description="Needed unless `dry_run` is asked for. The same file under the same key gets the same answer.",
)


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TableParser(parsers.BaseParser):
    """The bytes of a file, one character each: the request is hashed as JSON, and a file may not be text."""

    media_type = "text/csv"

    def parse(self, stream: Any, media_type: str | None = None, context: Mapping[str, Any] | None = None) -> Any:
        return {"file": bytes_of(stream, MOST_BYTES).decode("latin-1")}


class WorkSheetParser(TableParser):
    media_type = XLSX


class Imports(ProviderDoor):
    scopes = {"POST": "supply:write"}
    asks = {"POST": serializers.ImportQuestion}
    parser_classes = (TableParser, WorkSheetParser)
    throttle_classes = (ImportThrottle,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if kwargs["kind"] not in KINDS:
            raise Http404
        self.kind = KINDS[kwargs["kind"]]
        self.right = self.kind.right  # type: ignore[misc]  # offers ask for another one than supply
        super().initial(request, *args, **kwargs)

    def check_body(self, request: Request) -> None:
        """A file has no names."""

    @extend_schema(
        request={"text/csv": OpenApiTypes.STR, XLSX: OpenApiTypes.BINARY},
        parameters=[ONLY_IMPORTS],
        responses=serializers.ImportAnswer,
    )
    def post(self, request: Request, province: str, kind: str) -> Response:
        """Import a file of sites, pools, cards or offers: all of it, or nothing.

        The columns are those of the template on the provider's pages; of a work sheet the first sheet is read. With
        `dry_run` the file is checked only.
        """
        data = dict(request.data).get("file", "").encode("latin-1")  # an empty body is not parsed
        encoding = self.asked["encoding"]
        if self.asked["dry_run"]:
            return Response(_answer(dry_run(self.kind, self.provider, data, encoding), imported=False))
        try:
            return self.once(request, lambda: (200, self._import(data, encoding)))
        except Faulty as faulty:
            return _faults(faulty)

    def _import(self, data: bytes, encoding: str) -> dict[str, Any]:
        return _answer(import_table(self.kind, self.provider, data, encoding, by=self.by), imported=True)

    def handle_exception(self, error: Exception) -> Response:
        if isinstance(error, exceptions.UnsupportedMediaType):
            error = exceptions.APIException(str(NO_TABLE), "unsupported_media_type")
            error.status_code = 415
        if isinstance(error, TooLarge):
            error = TooLarge(str(TOO_LARGE))
        return super().handle_exception(error)


NO_TABLE = gettext_lazy("This address takes a CSV file (text/csv) or an XLSX file. Nothing was done.")
TOO_LARGE = gettext_lazy("The file is larger than 5 MB. Nothing was done. Divide it into several files.")


def _answer(checked: Checked, *, imported: bool) -> dict[str, Any]:
    return {
        **checked.counts(),
        "sha256": checked.table.sha256,
        "encoding": checked.table.encoding,
        "imported": imported,
        "faults": len(checked.faults),
        "first_faults": [_place(fault) | {"sentence": fault.sentence} for fault in checked.faults[:MOST_FAULTS]],
    }


def _place(fault: Fault) -> dict[str, Any]:
    return {"row": fault.row, "column": fault.column, "value": fault.value}


def _faults(faulty: Faulty) -> Response:
    """422, with the first faults as errors whose pointer is the row and the column of the file."""
    first = faulty.checked.faults[:MOST_FAULTS]
    errors = [
        {"pointer": f"/{one.row}/{one.column}".rstrip("/"), "code": "invalid", "detail": one.sentence, **_place(one)}
        for one in first
    ]
    return problem(422, str(faulty), faulty.code, errors=errors, faults=len(faulty.checked.faults))
