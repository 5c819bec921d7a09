"""Addresses of workspaces in agents' answers: which are taken, and what is said of the others."""

import pytest

from marketplace.activation.fulfilment import endpoints
from marketplace.activation.models import Command, RefusedRows, Resource, ResourceState
from tenants.actions import list_networks
from tenants.acts import Refusal
from tenants.context import in_province
from tests.market import somebody
from tests.marketplace.activation.test_doors import (  # noqa: F401  fixtures
    answering,
    command,
    enrolling,
    knocker,
    lot,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_shanxi(shanxi, english):
    with in_province("shanxi"):
        yield


def refused(url: str) -> str:
    with pytest.raises(Refusal) as told:
        endpoints.accepted(url)
    assert told.value.code == "bad_endpoint"
    return str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://127.0.0.9/", "javascript:alert(1)", "http://127.0.0.9:99999/", "http://127.0.0.9:0/", "", "lab"),
        *("http://portal.localhost@127.0.0.9/", 'http://x"onmouseover=alert(1)@127.0.0.9/', "http://127.1/"),
    ],
)
def test_what_is_no_plain_web_address_is_refused(in_shanxi, url):
    assert "must begin with http:// or https://" in refused(url)


@pytest.mark.parametrize("host", ["portal.localhost", "shanxi.portal.localhost:9000", "x.PORTAL.localhost"])
def test_a_workspace_under_the_domain_of_the_session_cookie_is_refused(in_shanxi, host):
    assert "browsers would send people's sign-in" in refused(f"http://{host}/lab")


def test_an_ip_address_must_be_public_or_listed(in_shanxi):
    for url in ("http://10.20.1.2:8888/lab", "http://[::ffff:127.0.0.9]/", "http://169.254.169.254/", "http://0.0.0.0"):
        assert "neither public nor in a network" in refused(url)
    for url in ("http://127.0.0.9:8888/lab", "https://[::1]/lab", "https://223.5.5.5/lab", "https://ws.example.cn/"):
        assert endpoints.accepted(url) == url

    list_networks("shanxi", ["10.20.0.0/16"], by=somebody("operator"))
    assert endpoints.accepted("http://10.20.1.2:8888/lab") == "http://10.20.1.2:8888/lab"


def test_outside_a_sample_world_nothing_but_the_internet_is_listed(in_shanxi, settings):
    settings.WORKSPACE_NETWORKS = []
    assert "neither public nor in a network" in refused("http://127.0.0.9:8888/lab")


def test_networks_of_another_province_do_not_count(in_shanxi):
    list_networks("henan", ["10.20.0.0/16"], by=somebody("operator"))
    assert "neither public nor in a network" in refused("http://10.20.1.2:8888/lab")


def test_a_bad_address_is_a_refused_row_that_the_province_sees_and_the_command_stays_open(
    knocker,  # noqa: F811
    command,  # noqa: F811
):
    bad = {"kind": "jupyterlab", "url": "http://portal.localhost@127.0.0.9/", "secret": "s"}
    for endpoint in (bad, None):
        answer = knocker.post("results", answering(command, endpoint=endpoint))
        assert answer.status_code == 200
        (row,) = answer.json()["refused"]
        assert (row["command"], row["code"], answer.json()["taken"]) == (str(command.pk), "bad_endpoint", [])
    with in_province("shanxi"):
        assert Command.objects.get(pk=command.pk).answered_at is None
        assert Resource.objects.get(line=command.line_id).state == ResourceState.APPLYING
        assert dict(RefusedRows.objects.values_list("code", "rows")) == {"bad_endpoint": 2}
    assert knocker.post("results", answering(command)).json()["taken"] == [str(command.pk)]
