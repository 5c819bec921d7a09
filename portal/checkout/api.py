"""`quotes/`, `purchases/` and `orders/` for programs: the same acts as the pages."""

import uuid
from collections import defaultdict
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.activation.fulfilment.credentials import show_credentials
from marketplace.activation.models import Resource, ResourceState
from marketplace.orders.models import Order, OrderLine
from marketplace.settlement import actions as settlement
from marketplace.settlement.metering import card_seconds
from portal.api import views
from portal.api.idempotency import answer_once
from portal.api.openapi import KEY_PARAMETER
from portal.api.pagination import CursorPagination
from portal.api.throttling import QuoteThrottle
from portal.checkout import actions, serializers
from portal.checkout.models import Purchase, Quote
from portal.checkout.quotes.offering import letter_of
from portal.directory.models import OrderIndex
from portal.ledger.models import Reservation
from tenants.acts import require
from tenants.context import in_province


class Quotes(views.OpenDoor):
    """Ask for cards: the answer is filled over provinces, valid for 30 minutes, and holds nothing."""

    scopes = {"POST": "quotes:write"}
    takes = {"POST": serializers.RequestForCards}
    throttle_classes = (QuoteThrottle,)

    @extend_schema(responses={201: serializers.QuoteAnswer})
    def post(self, request: Request) -> Response:
        asked = serializers.card_request(self.said(request))
        quote = actions.make_quote(asked, organisation=views.organisation_of(request))
        return Response(serializers.QuoteAnswer(quote).data, status=201)


class QuoteDetail(views.OpenDoor):
    """A visitor's quote is readable by whoever has its id, an organisation's by its members and keys only."""

    scopes = {"GET": "quotes:write"}

    @extend_schema(responses=serializers.QuoteAnswer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(serializers.QuoteAnswer(_quote(request, pk)).data)


def _quote(request: Request, pk: uuid.UUID, quotes: QuerySet[Quote] | None = None) -> Quote:
    quote = get_object_or_404(Quote if quotes is None else quotes, pk=pk)
    acting_for = views.organisation_of(request)
    if quote.organisation_id is not None and (acting_for is None or quote.organisation_id != acting_for.pk):
        raise Http404
    return quote


class PurchasePages(CursorPagination):
    ordering = ("-created_at", "id")  # type: ignore[assignment]  # DRF takes both


class OrderPages(CursorPagination):
    ordering = ("-placed_at", "id")  # type: ignore[assignment]  # as above


class Purchases(views.Door, generics.GenericAPIView[Purchase]):
    scopes = {"GET": "purchases:write", "POST": "purchases:write"}
    asks = {"GET": serializers.PurchaseQuestion}
    takes = {"POST": serializers.Buy}
    pagination_class = PurchasePages
    queryset = Purchase.objects.none()

    @extend_schema(responses=serializers.PurchaseAnswer(many=True))
    def get(self, request: Request) -> Response:
        """Purchases of the organisation, newest first."""
        own = Purchase.objects.filter(organisation=views.acting(request, "purchases.view").organisation)
        page = self.paginate_queryset(own.filter(**self.asked)) or []
        answers = [serializers.purchase_answer(one) for one in _with_orders(list(page))]
        return self.get_paginated_response(answers)

    @extend_schema(parameters=[KEY_PARAMETER], responses={201: serializers.PurchaseAnswer})
    def post(self, request: Request) -> Response:
        """Buy what a quote says, in every province of it or not at all."""
        acting = views.acting(request, "purchase")
        said = self.said(request)

        def act() -> tuple[int, Any]:
            quote = _quote(request, said["quote"], Quote.objects.defer("left_out", "alternatives"))
            purchase = actions.place_in_transaction(
                quote, organisation=acting.organisation, by=acting.user, key=acting.key
            )
            return 201, serializers.purchase_answer(purchase)

        def once() -> Response:
            return answer_once(request, acting.organisation, act)

        return actions.persistently(once, said["quote"], acting.organisation)


class PurchaseDetail(views.Door):
    scopes = {"GET": "purchases:write"}

    @extend_schema(responses=serializers.PurchaseAnswer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """One purchase with the orders it became."""
        return Response(_answer(_purchase(request, pk, "purchases.view")))


class PurchaseCancel(views.Door):
    scopes = {"POST": "purchases:write"}

    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.PurchaseAnswer)
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Cancel every order of the purchase that is not running yet; a late success is removed, never billed."""
        acting = views.acting(request, "purchase")
        purchase = _purchase(request, pk, "purchase")

        def act() -> tuple[int, Any]:
            actions.cancel_purchase(purchase, by=acting.by)
            return 200, _answer(purchase)

        return answer_once(request, acting.organisation, act)


def _purchase(request: Request, pk: uuid.UUID, right: str) -> Purchase:
    return get_object_or_404(Purchase, pk=pk, organisation=views.acting(request, right).organisation)


def _answer(purchase: Purchase) -> dict[str, Any]:
    return serializers.purchase_answer(*_with_orders([purchase]))


def _with_orders(purchases: list[Purchase]) -> list[Purchase]:
    rows = defaultdict(list)
    for row in OrderIndex.objects.filter(purchase_id__in=[one.pk for one in purchases]).order_by("province"):
        rows[row.purchase_id].append(row)
    for one in purchases:
        one.orders = rows[one.pk]
    return purchases


# Orders ----------------------------------------------------------------------------------------


class Orders(views.Door, generics.ListAPIView[OrderIndex]):
    """Orders of the organisation in all provinces, newest first."""

    scopes = {"GET": "orders:read"}
    asks = {"GET": serializers.OrderQuestion}
    serializer_class = serializers.OrderBrief
    pagination_class = OrderPages
    queryset = OrderIndex.objects.none()

    def get_queryset(self) -> QuerySet[OrderIndex]:
        own = OrderIndex.objects.filter(organisation=views.acting(self.request, "purchases.view").organisation)
        return own.filter(**self.asked)


class OrderDetail(views.Door):
    scopes = {"GET": "orders:read"}

    @extend_schema(responses=serializers.OrderAnswer)
    def get(self, request: Request, province: str, number: str) -> Response:
        """One order with its lots, what was charged and what was given back."""
        return Response(_order_answer(_row(request, province, number, "purchases.view")))


class OrderEnd(views.Door):
    scopes = {"POST": "orders:write"}

    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OrderAnswer)
    def post(self, request: Request, province: str, number: str) -> Response:
        """End a running order now: the meter stops, the workspace and its data are removed, the cards come back."""
        acting = views.acting(request, "orders.end")
        row = _row(request, province, number, "orders.end")

        def act() -> tuple[int, Any]:
            with in_province(row.province):
                settlement.end_order(Order.objects.get(pk=row.pk), by=acting.by)
            return 200, _order_answer(row)

        return answer_once(request, acting.organisation, act)


class OrderCredentials(views.Door):
    scopes = {"GET": "credentials:read"}

    @extend_schema(responses=serializers.Access(many=True))
    def get(self, request: Request, province: str, number: str) -> Response:
        """Access to every lot that works; each reading is a row in the order's history."""
        acting = views.acting(request, "credentials.view")
        row = _row(request, province, number, "credentials.view")
        with in_province(row.province):
            working = Resource.objects.filter(line__order=row.pk, state=ResourceState.READY)
            shown = [_access(one, acting) for one in working.select_related("line").order_by("line__position")]
            require(shown, _("No lot of this order works now, so there is no access to show."), "not_ready")
        return Response(serializers.Access(shown, many=True).data)


def _access(resource: Resource, acting: views.Acting) -> dict[str, Any]:
    endpoint, secret = show_credentials(resource, by=acting.by)
    resource.refresh_from_db(fields=["shown_until"])
    return {
        "letter": letter_of(resource.line.position),
        "line": resource.line_id,
        "endpoint": endpoint,
        "secret": secret,
        "shown_until": resource.shown_until,
    }


def _row(request: Request, province: str, number: str, right: str) -> OrderIndex:
    own = views.acting(request, right).organisation
    return get_object_or_404(OrderIndex, province=province, number=number, organisation=own)


def _order_answer(row: OrderIndex) -> dict[str, Any]:
    reservation = Reservation.objects.get(order_id=row.pk)
    with in_province(row.province):
        order = Order.objects.get(pk=row.pk)
        lines = OrderLine.objects.filter(order=order).select_related("resource", "meter")
        lots = [_line_answer(line, order) for line in lines]
    facts = ("hours", "started_at", "ends_at", "ended_at", "failure_code")
    for name in facts:
        setattr(row, name, getattr(order, name))
    row.state, row.lines = order.state, lots  # type: ignore[attr-defined]  # gathered for the answer
    row.charged_u, row.released_u = reservation.captured_u, reservation.released_u  # type: ignore[attr-defined]
    return dict(serializers.OrderAnswer(row).data)


def _line_answer(line: OrderLine, order: Order) -> dict[str, Any]:
    resource, meter = getattr(line, "resource", None), getattr(line, "meter", None)
    return {
        "letter": letter_of(line.position),
        "line": line.pk,
        "pool": line.pool_id,
        "cards": line.cards,
        "price_u": line.price_u,
        "most_u": line.price_u * line.cards * order.hours,
        "resource": resource.state if resource else ResourceState.WANTED,
        "measured": bool(resource and resource.measured),
        "ready_at": resource.ready_at if resource else None,
        "stopped_at": meter.stopped_at if meter else None,
        "card_seconds": card_seconds(meter, meter.ready_at, meter.captured_until) if meter else 0,
        "charged_u": meter.captured_u if meter else 0,
    }


urlpatterns = [
    path("quotes/", Quotes.as_view(), name="quotes"),
    path("quotes/<uuid:pk>/", QuoteDetail.as_view(), name="quote"),
    path("purchases/", Purchases.as_view(), name="purchases"),
    path("purchases/<uuid:pk>/", PurchaseDetail.as_view(), name="purchase"),
    path("purchases/<uuid:pk>/cancel/", PurchaseCancel.as_view(), name="purchase-cancel"),
    path("orders/", Orders.as_view(), name="orders"),
    path("orders/<slug:province>/<slug:number>/", OrderDetail.as_view(), name="order"),
    path("orders/<slug:province>/<slug:number>/end/", OrderEnd.as_view(), name="order-end"),
    path("orders/<slug:province>/<slug:number>/credentials/", OrderCredentials.as_view(), name="order-credentials"),
]
