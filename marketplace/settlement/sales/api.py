"""A provider's sales for programs. Money is whole micro-yuan; no row names the buyer."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.api.doors import ProviderDoor
from marketplace.orders.models import OrderLine, OrderState
from marketplace.settlement.sales import reading
from portal.api.pagination import CursorPagination
from portal.api.shapes import Shape


class SaleShape(Shape):
    order = serializers.CharField(help_text="Number of the order.")
    pool = serializers.CharField()
    card_model = serializers.CharField(source="card_model.slug")
    cards = serializers.IntegerField()
    price_u = serializers.IntegerField(help_text="Per card-hour.")
    hours = serializers.IntegerField(help_text="As ordered.")
    state = serializers.ChoiceField(OrderState.choices)
    placed_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    card_hours = serializers.DecimalField(20, 6, help_text="Charged so far.")
    income_u = serializers.IntegerField(help_text="Charged so far for the cards of this line.")
    payable_u = serializers.IntegerField(help_text="The income less the platform's share.")


class MonthShape(Shape):
    month = serializers.DateTimeField(format="%Y-%m", help_text="Beijing time; usage counts where it began.")
    pool = serializers.CharField()
    orders = serializers.IntegerField()
    card_hours = serializers.DecimalField(20, 6)
    income_u = serializers.IntegerField()
    payable_u = serializers.IntegerField()


class MonthsShape(Shape):
    results = MonthShape(many=True)


class LatestPlaced(CursorPagination):
    ordering = ("-placed_at", "pk")  # type: ignore[assignment]  # DRF takes several


class Sales(ProviderDoor, generics.GenericAPIView[OrderLine]):
    pagination_class = LatestPlaced
    queryset = OrderLine.objects.none()

    @extend_schema(responses=SaleShape(many=True))
    def get(self, request: Request, province: str) -> Response:
        """Orders on own cards in the province with what was charged, one row for each pool."""
        page = self.paginate_queryset(reading.lines_of(self.provider)) or []
        return self.get_paginated_response(SaleShape(reading.sales(page), many=True).data)


class SalesByMonth(ProviderDoor):
    @extend_schema(responses=MonthsShape)
    def get(self, request: Request, province: str) -> Response:
        """What was charged for own cards in the province, by month and pool."""
        return Response(MonthsShape({"results": reading.totals(self.provider)}).data)


urlpatterns = [
    path("provider/<slug:province>/sales/", Sales.as_view(), name="provider-sales"),
    path("provider/<slug:province>/sales/months/", SalesByMonth.as_view(), name="provider-sales-months"),
]
