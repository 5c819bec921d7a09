"""A provider's sales page in its workspace of a province, and its files."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.catalog.access import provider_of
from marketplace.settlement.sales import files, reading

SALES_PER_PAGE = 50


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every order on the provider's cards, and what was charged by month and pool."""
    provider = provider_of(request)
    page = Paginator(reading.lines_of(provider), SALES_PER_PAGE).get_page(request.GET.get("page"))
    months = reading.totals(provider)
    shown = {
        "provider": provider,
        "page": page,
        "sales": reading.sales(page.object_list),
        "months": months,
        "income_u": sum(total.income_u for total in months),
        "payable_u": sum(total.payable_u for total in months),
        "now": timezone.now(),
    }
    return render(request, "settlement/sales.html", shown)


@require_safe
def orders_file(request: HttpRequest) -> HttpResponse:
    provider = provider_of(request)
    return _file(files.orders(reading.sales(reading.lines_of(provider))), "sales.csv")


@require_safe
def months_file(request: HttpRequest) -> HttpResponse:
    return _file(files.months(reading.totals(provider_of(request))), "sales-by-month.csv")


def _file(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(data, content_type="text/csv; charset=utf-8", headers=headers)
