"""Host → province from memory: no query while fresh, forgotten at once here and within seconds elsewhere."""

import time

import pytest

from tenants import hosts, remembered
from tenants.actions import open_province, resume_province, suspend_province
from tenants.models import Domain, Province

pytestmark = pytest.mark.django_db


def test_only_the_first_look_asks_the_database(django_assert_num_queries):
    hosts.province_of("shanxi.portal.localhost")
    with django_assert_num_queries(0):
        assert [one.slug for one in hosts.open_provinces()] == ["shanxi", "henan"]
        assert hosts.province_of("shanxi.portal.localhost").slug == "shanxi"
        assert hosts.province_of("nation.portal.localhost").slug == "nation"
        assert hosts.province_of("guizhou.portal.localhost") is None
        assert hosts.redirect_of("shanxi.example.cn") is None


def test_a_province_opened_here_answers_here_at_once(django_capture_on_commit_callbacks):
    assert hosts.province_of("guizhou.portal.localhost") is None
    with django_capture_on_commit_callbacks(execute=True):
        open_province("guizhou")
    assert hosts.province_of("guizhou.portal.localhost").slug == "guizhou"


def test_a_suspended_province_answers_but_does_not_sell(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        suspend_province("shanxi")
    assert hosts.province_of("shanxi.portal.localhost").state == "suspended"
    assert [one.slug for one in hosts.open_provinces()] == ["henan"]
    with django_capture_on_commit_callbacks(execute=True):
        resume_province("shanxi")
    assert [one.slug for one in hosts.open_provinces()] == ["shanxi", "henan"]


def test_a_change_made_by_another_process_is_seen_when_the_table_is_five_seconds_old(monkeypatch):
    assert hosts.kept.seconds == 5.0
    now = time.monotonic()
    monkeypatch.setattr(remembered.time, "monotonic", lambda: now)
    assert len(hosts.open_provinces()) == 2
    Province.objects.filter(schema_name="henan").update(state="suspended")  # as another process would
    now += 4.9
    assert len(hosts.open_provinces()) == 2
    now += 0.2
    assert [one.slug for one in hosts.open_provinces()] == ["shanxi"]


def test_an_extra_host_leads_to_its_province_and_never_hides_another(shanxi, henan):
    Domain.objects.create(domain="compute.example.cn", tenant=shanxi, is_primary=True)
    Domain.objects.create(domain="henan.portal.localhost", tenant=shanxi, is_primary=False)
    assert hosts.redirect_of("compute.example.cn") == shanxi
    assert hosts.redirect_of("henan.portal.localhost") is None
    assert hosts.province_of("henan.portal.localhost") == henan


@pytest.mark.parametrize(
    ("host", "national"),
    [
        ("portal.localhost", True),
        ("localhost", True),
        ("127.0.0.1", True),
        ("[::1]", True),
        ("shanxi.portal.localhost", False),
        ("portal.localhost.example.cn", False),
    ],
)
def test_the_nation_answers_at_its_domain_and_on_loopback(host, national):
    assert hosts.is_national(host) is national
