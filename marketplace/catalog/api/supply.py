"""A provider's own sites, pools and cards for programs."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog import actions
from marketplace.catalog.api import serializers
from marketplace.catalog.api.doors import ProviderDoor, write
from marketplace.catalog.models import Card, Pool, Site
from marketplace.catalog.supply import register
from marketplace.catalog.tables.columns import POOLS, SITES
from marketplace.catalog.tables.kinds import everything
from portal.api.openapi import KEY_PARAMETER
from portal.api.pagination import CursorPagination
from tenants.acts import require

NOT_HERE = gettext_lazy("Some of these serials are not in this pool. No card was moved.")


class BySlug(CursorPagination):
    ordering = "slug"


class BySerial(CursorPagination):
    ordering = "serial"


# Sites -----------------------------------------------------------------------------------------


class Sites(ProviderDoor, generics.GenericAPIView[Site]):
    takes = {"POST": serializers.NewSite}
    pagination_class = BySlug
    queryset = Site.objects.none()

    @extend_schema(responses=serializers.OwnSite(many=True))
    def get(self, request: Request, province: str) -> Response:
        """Own sites in the province."""
        page = self.paginate_queryset(self.provider.sites.all()) or []
        return self.get_paginated_response(serializers.OwnSite(page, many=True).data)

    @extend_schema(parameters=[KEY_PARAMETER], responses={201: serializers.OwnSite})
    def post(self, request: Request, province: str) -> Response:
        """Register a site."""
        said = self.said(request)

        def act() -> tuple[int, Any]:
            site = write(SITES, self.provider, said, by=self.by)
            return 201, serializers.OwnSite(site).data

        return self.once(request, act)


class OneSite(ProviderDoor):
    takes = {"PATCH": serializers.SiteChange}

    @extend_schema(responses=serializers.OwnSite)
    def get(self, request: Request, province: str, slug: str) -> Response:
        """One own site."""
        return Response(serializers.OwnSite(get_object_or_404(self.provider.sites, slug=slug)).data)

    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OwnSite)
    def patch(self, request: Request, province: str, slug: str) -> Response:
        """Correct a site; its offers on the national list follow."""
        site = get_object_or_404(self.provider.sites, slug=slug)
        said = self.said(request)

        def act() -> tuple[int, Any]:
            changed = write(SITES, self.provider, said, site, by=self.by)
            return 200, serializers.OwnSite(changed).data

        return self.once(request, act)


# Pools -----------------------------------------------------------------------------------------


class Pools(ProviderDoor, generics.GenericAPIView[Pool]):
    takes = {"POST": serializers.NewPool}
    pagination_class = BySlug
    queryset = Pool.objects.none()

    @extend_schema(responses=serializers.OwnPool(many=True))
    def get(self, request: Request, province: str) -> Response:
        """Own pools in the province with their stock and the time of it."""
        page = self.paginate_queryset(self.provider.pools.with_cards().select_related("site")) or []
        return self.get_paginated_response(serializers.OwnPool(register.add_stock(page), many=True).data)

    @extend_schema(parameters=[KEY_PARAMETER], responses={201: serializers.OwnPool})
    def post(self, request: Request, province: str) -> Response:
        """Register a pool at one of the sites; it has no cards yet."""
        said = self.said(request)

        def act() -> tuple[int, Any]:
            made = write(POOLS, self.provider, said, by=self.by)
            return 201, _pool_answer(self, made.slug)

        return self.once(request, act)


class OnePool(ProviderDoor):
    takes = {"PATCH": serializers.PoolChange}

    @extend_schema(responses=serializers.OwnPool)
    def get(self, request: Request, province: str, slug: str) -> Response:
        """One own pool with its stock."""
        _pool(self, slug)
        return Response(_pool_answer(self, slug))

    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OwnPool)
    def patch(self, request: Request, province: str, slug: str) -> Response:
        """Correct a pool; with cards it keeps its site and its card model."""
        pool = get_object_or_404(everything(POOLS).filter(provider=self.provider), slug=slug)
        said = self.said(request)

        def act() -> tuple[int, Any]:
            write(POOLS, self.provider, said, pool, by=self.by)
            return 200, _pool_answer(self, slug)

        return self.once(request, act)


class PausePool(ProviderDoor):
    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OwnPool)
    def post(self, request: Request, province: str, slug: str) -> Response:
        """Sell nothing new from the pool; running leases stay."""
        pool = _pool(self, slug)

        def act() -> tuple[int, Any]:
            actions.pause_pool(pool, by=self.by)
            return 200, _pool_answer(self, slug)

        return self.once(request, act)


class ResumePool(ProviderDoor):
    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.OwnPool)
    def post(self, request: Request, province: str, slug: str) -> Response:
        """Sell again as soon as the pool's agent reports."""
        pool = _pool(self, slug)

        def act() -> tuple[int, Any]:
            actions.resume_pool(pool, by=self.by)
            return 200, _pool_answer(self, slug)

        return self.once(request, act)


def _pool(door: ProviderDoor, slug: str) -> Pool:
    return get_object_or_404(door.provider.pools, slug=slug)


def _pool_answer(door: ProviderDoor, slug: str) -> dict[str, Any]:
    pools = door.provider.pools.with_cards().select_related("site").filter(slug=slug)
    return dict(serializers.OwnPool(*register.add_stock(pools)).data)


# Cards -----------------------------------------------------------------------------------------


class Cards(ProviderDoor, generics.GenericAPIView[Card]):
    asks = {"GET": serializers.CardQuestion}
    pagination_class = BySerial
    queryset = Card.objects.none()

    @extend_schema(responses=serializers.OwnCard(many=True))
    def get(self, request: Request, province: str) -> Response:
        """Own cards in the province, by serial."""
        cards = self._of(**self.asked)
        page = self.paginate_queryset(cards) or []
        return self.get_paginated_response(serializers.OwnCard(page, many=True).data)

    def _of(self, pool: str | None = None, state: str | None = None) -> QuerySet[Card]:
        cards = Card.objects.filter(pool__provider=self.provider).select_related("pool")
        cards = cards if pool is None else cards.filter(pool__slug=pool)
        return cards if state is None else cards.filter(state=state)


class AddCards(ProviderDoor):
    takes = {"POST": serializers.NewCards}

    @extend_schema(parameters=[KEY_PARAMETER], responses={201: serializers.CardsDone})
    def post(self, request: Request, province: str, slug: str) -> Response:
        """Register cards in the pool: all of them, or none."""
        pool = _pool(self, slug)
        said = self.said(request)
        rows = [(card["node"], card["serial"]) for card in said["cards"]]
        return self.once(request, lambda: (201, {"cards": len(actions.add_cards(pool, rows, by=self.by))}))


class MoveCards(ProviderDoor):
    takes = {"POST": serializers.CardMove}

    @extend_schema(parameters=[KEY_PARAMETER], responses=serializers.CardsDone)
    def post(self, request: Request, province: str, slug: str) -> Response:
        """Take cards of the pool to maintenance, back into service, or out for good: all of them, or none."""
        pool = _pool(self, slug)
        said = self.said(request)

        def act() -> tuple[int, Any]:
            serials = set(said["serials"])
            cards = list(pool.cards.filter(serial__in=serials).values_list("pk", flat=True))
            require(len(cards) == len(serials), str(NOT_HERE), "no_cards")
            return 200, {"cards": actions.move_cards(pool, cards, said["to"], by=self.by).cards}

        return self.once(request, act)
