"""The API of every host: `/api/v1/…`, its description at `/api/schema/`, and a problem for everything else."""

from typing import Any

from django.http import Http404
from django.urls import include, path, re_path, reverse
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import openapi
from portal.api.views import OpenDoor

BEGINNINGS = (
    *("schema", "card-models", "offers", "provinces", "sites", "pools"),
    *("quotes", "purchases", "orders", "wallet", "agents", "exports"),
)


class Index(OpenDoor):
    """Where to begin: the description of the API, and its lists."""

    scopes = {"GET": "catalog:read"}

    @extend_schema(
        operation_id="index", responses=inline_serializer("Index", dict.fromkeys(BEGINNINGS, serializers.URLField()))
    )
    def get(self, request: Request) -> Response:
        return Response({name: request.build_absolute_uri(reverse(f"api:{name}")) for name in BEGINNINGS})


class Description(OpenDoor):
    """The API in OpenAPI 3.1."""

    authentication_classes = ()
    schema = None

    def get(self, request: Request) -> Response:
        return Response(openapi.description(get_language() or ""))


class Nothing(OpenDoor):
    """Every other address under `/api/`: 404 as a problem, not as a page."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404


app_name = "api"
urlpatterns = [
    path("v1/", Index.as_view(), name="index"),
    path("v1/", include("portal.directory.browse.api")),
    path("v1/", include("portal.directory.identifiers.api")),
    path("v1/", include("portal.overview.api")),
    path("v1/", include("portal.checkout.api")),
    path("v1/", include("portal.ledger.api")),
    path("v1/", include("marketplace.activation.agents.api")),
    path("v1/", include("marketplace.catalog.api.urls")),
    path("v1/", include("marketplace.settlement.sales.api")),
    path("v1/", include("portal.privacy.api")),
    path("schema/", Description.as_view(), name="schema"),
    re_path("", Nothing.as_view(), name="nothing"),
]
