"""Doors of the open pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.accounts.decorators import open_to_visitors


@open_to_visitors
def national_home(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/national_home.html")


@open_to_visitors
def provinces(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/provinces.html")


@open_to_visitors
def ranking(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/ranking.html")


@open_to_visitors
def about_data(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/about_data.html")


@open_to_visitors
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/accessibility.html")


@open_to_visitors
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/privacy.html")


@open_to_visitors
def province_home(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/province_home.html")
