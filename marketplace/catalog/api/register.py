"""`sites/` and `pools/`: the register of all provinces for programs, open to visitors.

A province's rows lie in its own schema and no statement joins two, so a page walks the provinces by code until it is
full. Its cursor says where it stopped.
"""

import base64
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from marketplace.catalog.models import Pool, Site
from marketplace.catalog.supply import register
from portal.api.pagination import CursorPagination
from portal.api.shapes import Shape
from portal.api.views import OpenDoor
from tenants.context import in_province
from tenants.models import Province

SCOPES = {"GET": "catalog:read"}
Rows = Callable[[str], "QuerySet[Any]"]
"""Rows of the province the connection is in, whose slug comes after the given one, by slug."""


class RegisterQuestion(Shape):
    province = serializers.SlugField(required=False, max_length=63, help_text="Only of this province.")


class RegisteredSite(serializers.ModelSerializer[Site]):
    """Declared by the provider. Shares are 0 to 1, round trips milliseconds."""

    province = serializers.SlugField()
    provider_zh = serializers.CharField(source="provider.organisation.name_zh")
    provider_en = serializers.CharField(source="provider.organisation.name_en")

    class Meta:
        model = Site
        fields = (
            *("province", "slug", "name_zh", "name_en", "provider_zh", "provider_en", "city_zh", "city_en", "racks"),
            *("rack_rate", "pue", "green_share", "rtt_ms_beijing", "rtt_ms_shanghai", "rtt_ms_guangzhou", "sample"),
        )
        read_only_fields = fields


class RegisteredPool(serializers.ModelSerializer[Pool]):
    """`free` was counted at `measured_at`; older than 60 seconds it is not sold."""

    province = serializers.SlugField()
    site = serializers.SlugField(source="site.slug")
    provider_zh = serializers.CharField(source="provider.organisation.name_zh")
    provider_en = serializers.CharField(source="provider.organisation.name_en")
    card_model = serializers.SlugField(source="card_model_id")
    identifier = serializers.CharField(source="identifier.text", allow_null=True, default=None)
    cards = serializers.IntegerField(source="in_service", help_text="Registered and in service.")
    paused = serializers.BooleanField(source="is_paused", help_text="By its provider or by staff of the province.")
    free = serializers.IntegerField(source="stock.free", allow_null=True, default=None)
    measured_at = serializers.DateTimeField(source="stock.measured_at", allow_null=True, default=None)

    class Meta:
        model = Pool
        fields = (
            *("province", "slug", "site", "provider_zh", "provider_en", "card_model", "mode", "network", "cards"),
            *("free", "measured_at", "paused", "identifier", "sample"),
        )
        read_only_fields = fields


class Walk(CursorPagination):
    """A cursor of province and slug. It goes on only: `previous` is always null."""

    def walk(self, request: Request, rows: Rows, only: str | None) -> list[Any]:
        """One page of rows of all provinces or of one, each with its `province`; `next` leads on.

        Raises `NotFound` for a foreign cursor.
        """
        self.request = request
        size = self.get_page_size(request) or 1
        found: list[Any] = []
        for province, after in self._provinces(request, only):
            with in_province(province):
                for row in register_facts(rows(after)[: size + 1 - len(found)]):
                    row.province = province.slug
                    found.append(row)
            if len(found) > size:
                break
        self.more, self.found = len(found) > size, found[:size]
        return self.found

    def _provinces(self, request: Request, only: str | None) -> Iterator[tuple[Province, str]]:
        start, after = self._start(request)
        provinces = Province.objects.provinces().with_schema().filter(schema_name__gte=start).order_by("schema_name")
        if only:
            provinces = provinces.filter(schema_name=only)
        for province in provinces:
            yield province, after if province.slug == start else ""

    def _start(self, request: Request) -> tuple[str, str]:
        text = request.query_params.get(self.cursor_query_param, "")
        try:
            start, bar, after = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        except ValueError:
            raise NotFound(str(self.invalid_cursor_message)) from None
        if text and (not bar or "\0" in start + after):
            raise NotFound(str(self.invalid_cursor_message))
        return start, after

    def get_next_link(self) -> str | None:
        if not self.more:
            return None
        last = self.found[-1]
        cursor = base64.urlsafe_b64encode(f"{last.province}|{last.slug}".encode()).decode()
        return str(replace_query_param(self.request.build_absolute_uri(), self.cursor_query_param, cursor))

    def get_previous_link(self) -> None:
        return None


def register_facts(rows: "QuerySet[Any]") -> list[Any]:
    return register.add_stock(rows) if rows.model is Pool else list(rows)


class RegisterDoor(OpenDoor, generics.GenericAPIView[Any]):
    scopes = SCOPES
    asks = {"GET": RegisterQuestion}
    pagination_class = Walk

    def page_of(self, request: Request, rows: Rows) -> Response:
        walk: Any = self.paginator
        page = walk.walk(request, rows, self.asked.get("province"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class Sites(RegisterDoor):
    serializer_class = RegisteredSite
    queryset = Site.objects.none()

    @extend_schema(responses=RegisteredSite(many=True))
    def get(self, request: Request) -> Response:
        """Data centres of all provinces, as their providers declare them."""
        return self.page_of(request, _sites)


class Pools(RegisterDoor):
    serializer_class = RegisteredPool
    queryset = Pool.objects.none()

    @extend_schema(responses=RegisteredPool(many=True))
    def get(self, request: Request) -> Response:
        """Pools of all provinces with their free cards and the time these were counted."""
        return self.page_of(request, _pools)


def _sites(after: str) -> "QuerySet[Site]":
    return Site.objects.filter(slug__gt=after).select_related("provider__organisation").order_by("slug")


def _pools(after: str) -> "QuerySet[Pool]":
    related = ("site", "provider__organisation")
    return Pool.objects.filter(slug__gt=after).with_cards().select_related(*related).order_by("slug")
