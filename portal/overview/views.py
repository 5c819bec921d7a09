"""Doors of the open pages."""

from datetime import timedelta

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.catalog.models import Provider
from portal.accounts.models import User
from portal.directory.index.record_models import ENOUGH, Records
from portal.directory.models import NoticeIndex
from portal.overview.home import indicators, national, province
from portal.overview.links.linkpage import LinkPage
from portal.web.decorators import open_to_visitors
from tenants.models import Province, ProvinceKind

NOTICES_SHOWN_FOR = timedelta(days=90)
NOTICES_ON_A_PAGE = 100


@open_to_visitors
@require_safe
def national_home(request: HttpRequest) -> HttpResponse:
    shown = {
        "picture": national.picture(),
        "headline": indicators.headline(),
        "platform": indicators.platform(),
    }
    return render(request, "overview/national_home.html", shown)


@open_to_visitors
@require_safe
def provinces(request: HttpRequest) -> HttpResponse:
    """Every province's link, and the alarms over them."""
    return render(request, "overview/provinces.html", {"links": LinkPage(request.GET)})


@open_to_visitors
@require_safe
def province_home(request: HttpRequest) -> HttpResponse:
    """A province's own first page; the nation's province has none and leads to the nation's."""
    here = request.tenant  # type: ignore[attr-defined]
    if here.kind == ProvinceKind.NATION:
        return redirect(f"{settings.PORTAL_URL}/")
    shown = {"province": here, "picture": province.picture(here), "sells_here": _sells_here(request)}
    return render(request, "overview/province_home.html", shown)


def _sells_here(request: HttpRequest) -> bool:
    """The person belongs to a provider of this province, which has no need to apply."""
    return isinstance(request.user, User) and Provider.objects.visible_to(request.user).exists()


@open_to_visitors
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Public notices of all provinces, from the national list; four queries."""
    now = timezone.now()
    places = {one.slug: one for one in Province.objects.provinces()}
    running = list(NoticeIndex.objects.running())
    ended = NoticeIndex.objects.ended_since(now - NOTICES_SHOWN_FOR)
    page = Paginator(ended, NOTICES_ON_A_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    for row in (*running, *shown):
        row.place = places[row.province]
    return render(request, "overview/notices.html", {"running": running, "ended": shown, "page": page, "now": now})


@open_to_visitors
@require_safe
def ranking(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/ranking.html", {"enough": ENOUGH, "usual": Records().usual})


@open_to_visitors
@require_safe
def about_data(request: HttpRequest) -> HttpResponse:
    shown = {"figures": [*indicators.headline(), *indicators.platform()], "fresh_for": settings.STOCK_FRESH_FOR}
    return render(request, "overview/about_data.html", shown)


@open_to_visitors
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/accessibility.html")


@open_to_visitors
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/privacy.html")
