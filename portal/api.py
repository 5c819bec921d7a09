"""The API of every host: `/api/v1/…`, its description at `/api/schema/`, and a problem for everything else."""

from typing import Any

from django.http import Http404
from django.urls import path, re_path, reverse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.api import OpenDoor


class Index(OpenDoor):
    """Where to find what."""

    scopes = {"GET": "catalog:read"}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response({"schema": request.build_absolute_uri(reverse("api:schema"))})


class Nothing(OpenDoor):
    """Every other address under `/api/`: 404 as a problem, not as a page."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404


app_name = "api"
urlpatterns = [
    path("v1/", Index.as_view(), name="index"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    re_path("", Nothing.as_view(), name="nothing"),
]
