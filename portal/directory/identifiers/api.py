"""`identifiers/{identifier}/`: what an identifier stands for, for programs; open to visitors."""

from dataclasses import asdict
from typing import Any

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.views import OpenDoor
from portal.directory.identifiers.grammar import Malformed, parse
from portal.directory.identifiers.models import Identifier, Status
from portal.directory.identifiers.resolving import find
from tenants.acts import Refusal


class PartsAnswer(serializers.Serializer[Any]):
    province = serializers.CharField(help_text="GB/T 2260 code, two digits.")
    provider = serializers.CharField(help_text="The provider in this province, six digits.")
    kind = serializers.CharField(help_text="T general, Z intelligent, C super computing.")
    model = serializers.CharField(help_text="Code of the card model in the national taxonomy.")
    site = serializers.CharField(help_text="The provider's site.")
    serial = serializers.CharField(help_text="Running number of the provider, five digits.")


class IdentifierAnswer(serializers.ModelSerializer[Identifier]):
    """Counts are cards; what no agent has reported is null."""

    identifier = serializers.CharField(source="text")
    status = serializers.ChoiceField(Status.choices)
    parts = serializers.SerializerMethodField()
    provider = serializers.UUIDField(source="organisation_id", help_text="Id of the provider's organisation.")
    provider_zh = serializers.CharField(source="organisation.name_zh")
    provider_en = serializers.CharField(source="organisation.name_en")
    cards_total = serializers.SerializerMethodField()
    cards_available = serializers.SerializerMethodField()
    last_heartbeat = serializers.DateTimeField(source="measured_at", allow_null=True)
    verified_at = serializers.DateTimeField(
        source="confirmed_at", allow_null=True, help_text="Time of the last report that fits the register."
    )

    class Meta:
        model = Identifier
        fields = (
            *("identifier", "status", "parts", "province", "provider", "provider_zh", "provider_en"),
            *("site_zh", "site_en", "city_zh", "city_en", "card_model", "pool", "cards_total", "cards_available"),
            *("last_heartbeat", "verified_at", "issued_at", "cancelled_at"),
        )
        read_only_fields = fields

    @extend_schema_field(PartsAnswer)
    def get_parts(self, row: Identifier) -> dict[str, str]:
        return asdict(parse(row.text))

    def get_cards_total(self, row: Identifier) -> int | None:
        return None if row.cancelled_at else row.cards

    def get_cards_available(self, row: Identifier) -> int | None:
        """Free at the last heartbeat."""
        return None if row.cancelled_at or row.measured_at is None else row.free


class Resolve(OpenDoor):
    """An identifier's status, its owner, and its pool at the last report of the provider's agent."""

    scopes = {"GET": "catalog:read"}

    @extend_schema(operation_id="identifier_resolve", responses=IdentifierAnswer)
    def get(self, request: Request, identifier: str) -> Response:
        """404 for one that was never issued; 422 names the part that is wrong, or says that a typo is likely."""
        try:
            found = find(identifier.replace("\0", ""))
        except Malformed as fault:
            code = "check_character" if fault.part == "check" else f"malformed_{fault.part}"
            raise Refusal(fault.sentence, code, status=422) from None
        if found is None:
            raise Http404
        return Response(IdentifierAnswer(found).data)


urlpatterns = [path("identifiers/<str:identifier>/", Resolve.as_view(), name="identifier")]
