"""A provider's own offers and their prices for programs."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog import actions
from marketplace.catalog.api import serializers
from marketplace.catalog.api.doors import ProviderDoor, write
from marketplace.catalog.api.supply import BySlug
from marketplace.catalog.models import Offer, PlanVersion
from marketplace.catalog.tables.columns import OFFERS
from marketplace.catalog.tables.kinds import everything
from portal.api.openapi import KEY_PARAMETER
from portal.api.pagination import CursorPagination


class ByVersion(CursorPagination):
    ordering = "-version"


class OfferDoor(ProviderDoor):
    right = "offers.manage"

    def offer(self, slug: str) -> Offer:
        """The provider's own offer; 404 for others."""
        found: Offer = get_object_or_404(everything(OFFERS).filter(provider=self.provider), slug=slug)
        return found

    def told(self, slug: str) -> dict[str, Any]:
        """The offer as it stands now."""
        return offer_answer(self.offer(slug))

    def change(self, request: Request, slug: str, act: Callable[..., Any]) -> Response:
        offer = self.offer(slug)

        def once() -> tuple[int, Any]:
            act(offer, by=self.by)
            return 200, self.told(slug)

        return self.once(request, once)


def offer_answer(offer: Any) -> dict[str, Any]:
    offer.plan = next(iter(offer.latest), None)
    return dict(serializers.OwnOffer(offer).data)


class Offers(OfferDoor, generics.GenericAPIView[Offer]):
    takes = {"POST": serializers.NewOffer}
    pagination_class = BySlug
    queryset = Offer.objects.none()

    @extend_schema(responses=serializers.OwnOffer(many=True))
    def get(self, request: Request, province: str) -> Response:
        """Own offers in the province, drafts and withdrawn ones too."""
        page = self.paginate_queryset(everything(OFFERS).filter(provider=self.provider)) or []
        return self.get_paginated_response([offer_answer(offer) for offer in page])

    @extend_schema(parameters=[KEY_PARAMETER], responses={201: serializers.OwnOffer})
    def post(self, request: Request, province: str) -> Response:
        """Draft an offer, with its price if there is one; nobody sees it before it is published."""
        said = self.said(request)
        said |= said.pop("price", None) or {}

        def act() -> tuple[int, Any]:
            return 201, self.told(write(OFFERS, self.provider, said, by=self.by).slug)

        return self.once(request, act)


class OneOffer(OfferDoor):
    takes = {"PATCH": serializers.OfferChange}

    @extend_schema(responses=serializers.OwnOffer)
    def get(self, request: Request, province: str, slug: str) -> Response:
        """One own offer with the price on sale."""
        return Response(self.told(slug))

    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OwnOffer)
    def patch(self, request: Request, province: str, slug: str) -> Response:
        """Change a draft, or the words of a listed offer."""
        offer = self.offer(slug)
        said = self.said(request)

        def act() -> tuple[int, Any]:
            write(OFFERS, self.provider, said, offer, by=self.by)
            return 200, self.told(slug)

        return self.once(request, act)


class Publish(OfferDoor):
    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OwnOffer)
    def post(self, request: Request, province: str, slug: str) -> Response:
        """Put a draft on sale, in the province and on the national list."""
        return self.change(request, slug, actions.publish_offer)


class Pause(OfferDoor):
    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OwnOffer)
    def post(self, request: Request, province: str, slug: str) -> Response:
        """Stop new sales; running leases stay."""
        return self.change(request, slug, actions.pause_offer)


class Resume(OfferDoor):
    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OwnOffer)
    def post(self, request: Request, province: str, slug: str) -> Response:
        """Put a paused offer on sale again."""
        return self.change(request, slug, actions.resume_offer)


class Withdraw(OfferDoor):
    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OwnOffer)
    def post(self, request: Request, province: str, slug: str) -> Response:
        """Take the offer off for good; running leases stay."""
        return self.change(request, slug, actions.withdraw_offer)


class Prices(OfferDoor, generics.GenericAPIView[PlanVersion]):
    takes = {"POST": serializers.Price}
    pagination_class = ByVersion
    queryset = PlanVersion.objects.none()

    @extend_schema(responses=serializers.OwnPrice(many=True))
    def get(self, request: Request, province: str, slug: str) -> Response:
        """Every version of the offer's price, newest first."""
        page = self.paginate_queryset(self.offer(slug).plans.all()) or []
        return self.get_paginated_response(serializers.OwnPrice(page, many=True).data)

    @extend_schema(parameters=[KEY_PARAMETER], responses={201: serializers.OwnPrice})
    def post(self, request: Request, province: str, slug: str) -> Response:
        """Set a new price, on sale from now on; live leases keep the version they were sold at."""
        offer = self.offer(slug)
        said = self.said(request)
        price = {"price_u": None, "price_out_u": None, **said}

        def act() -> tuple[int, Any]:
            unit, price_u, out_u = price["unit"], price["price_u"], price["price_out_u"]
            plan = actions.set_price(offer, unit, price_u, price_out_u=out_u, by=self.by)
            return 201, serializers.OwnPrice(plan).data

        return self.once(request, act)
