"""Which schema a request works in follows from its host, and from nothing else."""

import pytest
from django.db import connection
from django.test import Client

from tenants.context import current_province
from tenants.models import Domain

pytestmark = pytest.mark.django_db


def get(host: str, path: str = "/api/v1/"):
    return Client().get(path, headers={"host": host})


@pytest.fixture
def places(monkeypatch) -> list[tuple[str, str | None]]:
    """Where each request was answered: schema, and the slug of `request.tenant`."""
    from tenants.middleware import ProvinceMiddleware

    seen = []
    route = ProvinceMiddleware._route

    def note(self, request, urlconf):
        seen.append((current_province(), request.tenant and request.tenant.slug))
        return route(self, request, urlconf)

    monkeypatch.setattr(ProvinceMiddleware, "_route", note)
    return seen


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("portal.localhost:8000", ("public", None)),
        ("PORTAL.localhost.:8000", ("public", None)),
        ("localhost:8000", ("public", None)),
        ("127.0.0.1", ("public", None)),
        ("[::1]:8000", ("public", None)),
        ("shanxi.portal.localhost:8000", ("shanxi", "shanxi")),
        ("Henan.Portal.localhost", ("henan", "henan")),
        ("nation.portal.localhost", ("nation", "nation")),
    ],
)
def test_a_host_chooses_its_schema_and_the_connection_returns_to_public(places, host, place):
    assert get(host).status_code == 200
    assert places == [place]
    assert current_province() == "public"


def test_the_connection_returns_to_public_when_the_request_fails(places):
    assert get("shanxi.portal.localhost", "/there/is/no/such/page/").status_code == 404
    assert current_province() == "public"
    connection.set_schema("henan")
    assert get("portal.localhost").status_code == 200
    assert places == [("shanxi", "shanxi"), ("public", None)]


@pytest.mark.parametrize("host", ["guizhou.portal.localhost", "atlantis.portal.localhost", "a.shanxi.portal.localhost"])
def test_an_unknown_or_unopened_province_is_a_page_that_says_so(host):
    answer = get(host, "/")
    assert answer.status_code == 404
    assert "<html" in answer.content.decode()


def test_a_host_that_is_not_ours_is_refused_in_plain_words():
    answer = get("portal.example.cn", "/")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]"])
def test_pages_on_loopback_lead_to_the_national_host(host):
    answer = get(host, "/catalogue/?q=%E6%98%87%E8%85%BE")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "http://portal.localhost:8000/catalogue/?q=%E6%98%87%E8%85%BE"


@pytest.mark.parametrize("path", ["/api/v1/", "/api/schema/", "/healthz", "/readyz"])
def test_machines_are_answered_on_loopback_directly(path):
    assert get("127.0.0.1:8000", path).status_code == 200


def test_agents_are_answered_on_loopback_directly():
    assert get("127.0.0.1:8000", "/agent/v1/lease").status_code in (401, 405)


def test_an_extra_host_redirects_to_the_provinces_own_host(shanxi, settings):
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "compute.example.cn"]
    Domain.objects.create(domain="compute.example.cn", tenant=shanxi, is_primary=True)
    answer = get("compute.example.cn", "/offers/?page=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "http://shanxi.portal.localhost:8000/offers/?page=2"


def test_a_provinces_host_has_no_national_pages_and_the_nation_no_provincial_ones():
    assert get("shanxi.portal.localhost", "/wallet/").status_code == 404
    assert get("portal.localhost", "/sites/").status_code == 404
