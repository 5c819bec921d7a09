"""Pages of the sale: configure and quote, check and buy, watch, use and end."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.accounts.decorators import open_to_visitors


@open_to_visitors
@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    return render(request, "checkout/cards.html")


@require_safe
def purchases(request: HttpRequest) -> HttpResponse:
    return render(request, "checkout/purchases.html")
