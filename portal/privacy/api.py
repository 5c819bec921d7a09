"""`exports/`: the organisation's data for its own programs; the file is the same as on the page."""

import uuid
from typing import Any

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.models.exports import DataExport
from portal.api import views
from portal.api.idempotency import answer_once
from portal.api.openapi import KEY_PARAMETER
from portal.privacy import actions

RIGHT, SCOPE = "organisation.export", "exports:write"


class ExportAnswer(serializers.ModelSerializer[DataExport]):
    class Meta:
        model = DataExport
        fields = ("id", "state", "requested_at", "ready_at", "expires_at", "size", "sha256")
        read_only_fields = fields


class ExportPages(views.CursorPagination):
    ordering = ("-requested_at", "id")  # type: ignore[assignment]  # the pagination takes a tuple as well


class Exports(views.Door, generics.ListAPIView[DataExport]):
    """Exports of the organisation's data, newest first; a POST asks for a new one."""

    scopes = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = ExportAnswer
    pagination_class = ExportPages
    queryset = DataExport.objects.none()

    def get_queryset(self) -> Any:
        return DataExport.objects.filter(organisation=views.acting(self.request, RIGHT).organisation)

    @extend_schema(parameters=[KEY_PARAMETER], responses={202: ExportAnswer})
    def post(self, request: Request) -> Response:
        """Ask for an export. 409 `export_running` while an earlier one is being written."""
        acting = views.acting(request, RIGHT)

        def act() -> tuple[int, Any]:
            export = actions.request_export(acting.organisation, by=acting.user, key=acting.key)
            return 202, ExportAnswer(export).data

        return answer_once(request, acting.organisation, act)


class ExportFile(views.Door):
    """The ZIP, for seven days; every fetching is written down."""

    scopes = {"GET": SCOPE}

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: uuid.UUID) -> Any:
        """409 `export_gone` before it is ready and after seven days."""
        organisation = views.organisation_of(request)
        export = get_object_or_404(DataExport, pk=pk, organisation=organisation)
        file = actions.fetch_export(export, by=views.acting(request, RIGHT).by)
        return FileResponse(file, as_attachment=True, filename=f"{export.pk}.zip", content_type="application/zip")


urlpatterns = [
    path("exports/", Exports.as_view(), name="exports"),
    path("exports/<uuid:pk>/file/", ExportFile.as_view(), name="export-file"),
]
