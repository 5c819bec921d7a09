"""`provinces/`: the sub-platforms with the state of their links, open to visitors."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.shapes import Shape
from portal.api.views import OpenDoor
from portal.overview.home.national import ProvinceRow
from portal.overview.links.linkpage import LinkPage
from portal.overview.links.state import LinkState


class LinkAnswer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(LinkState.choices)
    reported_at = serializers.DateTimeField(allow_null=True, help_text="Latest report of any agent of the province.")
    age_seconds = serializers.IntegerField(allow_null=True, help_text="Its age when this answer was made.")
    oldest_at = serializers.DateTimeField(allow_null=True, help_text="Oldest of the latest reports of its pools.")
    pools = serializers.IntegerField()
    pools_fresh = serializers.IntegerField(help_text="Pools counted within the last 60 seconds; only these are sold.")
    checked_at = serializers.DateTimeField(allow_null=True, help_text="Time of the figures below.")
    agents = serializers.IntegerField(allow_null=True)
    agents_reporting = serializers.IntegerField(allow_null=True)
    providers = serializers.IntegerField(allow_null=True, help_text="Providers that have an agent.")
    providers_silent = serializers.IntegerField(allow_null=True)
    refused_rows_24h = serializers.IntegerField(allow_null=True)
    refused_reasons_24h = serializers.DictField(child=serializers.IntegerField())
    migrations_behind = serializers.IntegerField(allow_null=True)


class SealAnswer(serializers.Serializer[Any]):
    """Newest seal of the province's history. Keep it, and you can tell later that no seal was removed."""

    number = serializers.IntegerField()
    hash = serializers.CharField()
    sealed_at = serializers.DateTimeField()


class ProvinceAnswer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    gb2260 = serializers.CharField(help_text="First two digits of GB/T 2260.")
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    state = serializers.CharField()
    url = serializers.URLField(allow_null=True, help_text="Its pages; null while it is only planned.")
    opened_at = serializers.DateTimeField(allow_null=True)
    cards = serializers.IntegerField(help_text="Registered cards in service.")
    free = serializers.IntegerField(help_text="Free cards that an agent reported within the last 60 seconds.")
    link = LinkAnswer()
    seal = SealAnswer(allow_null=True)


class ProvincesAnswer(serializers.Serializer[Any]):
    read_at = serializers.DateTimeField()
    results = ProvinceAnswer(many=True)


class ProvincesQuestion(Shape):
    q = serializers.CharField(required=False, max_length=60, help_text="Part of a name or region.")
    state = serializers.MultipleChoiceField(choices=LinkState.choices, required=False, help_text="State of the link.")


class Provinces(OpenDoor):
    """All 31 provincial divisions, the connected ones first, with the computed state of their links."""

    scopes = {"GET": "catalog:read"}
    asks = {"GET": ProvincesQuestion}

    @extend_schema(operation_id="provinces", responses=ProvincesAnswer)
    def get(self, request: Request) -> Response:
        page = LinkPage(request.query_params)
        answer = ProvincesAnswer({"read_at": page.now, "results": [_province(row) for row in page.rows]})
        return Response(answer.data)


def _province(row: ProvinceRow) -> dict[str, Any]:
    one, check = row.province, row.link.check
    seal = None
    if check is not None and check.sealed_at is not None:
        seal = {"number": check.seal, "hash": check.seal_hash, "sealed_at": check.sealed_at}
    return {
        **{name: getattr(one, name) for name in ("slug", "gb2260", "name_zh", "name_en", "state", "opened_at")},
        "url": f"{one.url}/" if row.has_page else None,
        "cards": row.stock.cards,
        "free": row.stock.free,
        "link": _link(row),
        "seal": seal,
    }


def _link(row: ProvinceRow) -> dict[str, Any]:
    link, check = row.link, row.link.check
    looked = ("checked_at", "agents", "agents_reporting", "providers", "providers_silent")
    return {
        "state": link.state,
        "reported_at": link.reported_at,
        "age_seconds": None if link.age is None else int(link.age.total_seconds()),
        "oldest_at": row.stock.oldest_at,
        "pools": row.stock.pools,
        "pools_fresh": row.stock.fresh_pools,
        **{name: getattr(check, name, None) for name in looked},
        "refused_rows_24h": check.refused_rows if check else None,
        "refused_reasons_24h": check.refused_reasons if check else {},
        "migrations_behind": check.behind if check else None,
    }


urlpatterns = [path("provinces/", Provinces.as_view(), name="provinces")]
