"""`wallet/`: free and reserved money of the organisation, for programs."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import views
from portal.ledger.actions import balances


class WalletAnswer(serializers.Serializer[Any]):
    """Whole micro-yuan: 1 ¥ = 1,000,000."""

    free_u = serializers.IntegerField(help_text="Can be spent.")
    reserved_u = serializers.IntegerField(help_text="Held for orders that are not settled yet.")


class Wallet(views.Door):
    scopes = {"GET": "wallet:read"}

    @extend_schema(responses=WalletAnswer)
    def get(self, request: Request) -> Response:
        """Money of the organisation, free and reserved."""
        free_u, reserved_u = balances(views.acting(request, "wallet.view").organisation)
        return Response({"free_u": free_u, "reserved_u": reserved_u})


urlpatterns = [path("wallet/", Wallet.as_view(), name="wallet")]
