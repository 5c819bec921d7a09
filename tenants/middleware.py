"""Chooses the schema of a request from its host."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
)
from django.http.request import split_domain_port
from django.urls import set_urlconf

from tenants import hosts
from tenants.connections import connection

ANSWERED_ON_LOOPBACK = ("/api/", "/agent/", "/static/", "/healthz", "/readyz")
"""Doors that machines use: they answer on `localhost` and `127.0.0.1` directly, pages redirect to the parent domain."""


def _not_served() -> HttpResponse:
    words = "This host or port is not served here. Nothing was done.\n"
    return HttpResponseBadRequest(words, content_type="text/plain; charset=utf-8")


class ProvinceMiddleware:
    """`request.tenant` is the Province of the host, or None on the national host, which runs on `public`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            host, port = split_domain_port(request.get_host())
        except DisallowedHost:
            return _not_served()
        if port and int(port) != settings.PORTAL_PORT and host not in settings.LOOPBACK_HOSTS:
            return _not_served()
        connection.set_schema_to_public()
        try:
            return self._answer(request, host)
        finally:
            connection.set_schema_to_public()

    def _answer(self, request: HttpRequest, host: str) -> HttpResponse:
        request.tenant = None  # type: ignore[attr-defined]
        if hosts.is_national(host):
            if host != settings.PARENT_DOMAIN and not request.path.startswith(ANSWERED_ON_LOOPBACK):
                return HttpResponseRedirect(settings.PORTAL_URL + request.get_full_path())
            return self._route(request, settings.PUBLIC_SCHEMA_URLCONF)
        if province := hosts.province_of(host):
            request.tenant = province  # type: ignore[attr-defined]
            connection.set_tenant(province)
            return self._route(request, settings.ROOT_URLCONF)
        if province := hosts.redirect_of(host):
            return HttpResponseRedirect(province.url + request.get_full_path())
        if request.path.startswith(settings.STATIC_URL):  # what the pages below are drawn with
            return self._route(request, settings.PUBLIC_SCHEMA_URLCONF)
        return self._closed(request) if hosts.closed_province_of(host) else self._unknown(request)

    def _route(self, request: HttpRequest, urlconf: str) -> HttpResponse:
        request.urlconf = urlconf  # type: ignore[attr-defined]
        set_urlconf(urlconf)
        return self.get_response(request)

    def _closed(self, request: HttpRequest) -> HttpResponse:
        from portal.web.errors import gone  # the leaf draws the page; it needs no database

        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF  # type: ignore[attr-defined]
        return gone(request)

    def _unknown(self, request: HttpRequest) -> HttpResponse:
        from portal.web.errors import (
            page_not_found,  # the leaf draws the page; it needs no database
        )

        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF  # type: ignore[attr-defined]
        return page_not_found(request, Http404())
