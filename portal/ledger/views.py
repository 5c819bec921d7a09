"""The wallet of the acting organisation: what is free, what is reserved, and every booking."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def wallet(request: HttpRequest) -> HttpResponse:
    return render(request, "ledger/wallet.html")
