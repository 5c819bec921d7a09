"""`/metrics`: nowhere without the token; with it, what every process counted and what waits in the provinces."""

import http.client
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.runtime import metrics, processes
from tenants.context import in_province
from tenants.outbox.models import Letter
from tests.live import LivePortal, free_port

TOKEN = "for-the-scraper-only"


def scrape(client: Client, token: str | None = TOKEN):
    headers = {"authorization": f"Bearer {token}"} if token is not None else {}
    return client.get("/metrics", headers=headers)


@pytest.mark.parametrize(("setting", "token"), [("", TOKEN), ("", ""), (TOKEN, None), (TOKEN, "guessed"), (TOKEN, "")])
def test_the_door_is_nowhere_without_the_token(db, client_at, settings, setting, token):
    settings.METRICS_TOKEN = setting
    assert scrape(client_at(), token).status_code == 404


def test_the_state_names_the_letters_that_wait_by_province(shanxi, henan):
    with in_province("shanxi"):
        Letter.objects.create(topic="x", subject_id="1", due_at=timezone.now() - timedelta(seconds=90))
        Letter.objects.create(topic="x", subject_id="2", due_at=timezone.now() + timedelta(hours=1))
    told = {
        (family.name, *sample.labels.values()): sample.value
        for family in metrics.StateCollector().collect()
        for sample in family.samples
    }
    assert told["portal_outbox_due", "shanxi"] == 1
    assert 90 <= told["portal_outbox_oldest_seconds", "shanxi"] < 100
    assert (told["portal_outbox_due", "henan"], told["portal_outbox_oldest_seconds", "henan"]) == (0, 0)
    assert told["portal_provinces", "open"] == 3


@pytest.mark.processes
def test_two_web_processes_count_together(race_database, tmp_path):
    """Whichever of the two is asked knows what both answered; addresses are told by the names of their views."""
    portal = LivePortal(free_port(), race_database.url, tmp_path)
    part = processes.web(portal.port, workers=2)
    try:
        portal.start(replace(part, environment={**part.environment, "METRICS_TOKEN": TOKEN}))
        portal.wait_until_ready()
        for _number in range(20):
            assert _get(portal.port, "/catalogue/")[0] == 200
        status, text = _get(portal.port, "/metrics", {"Authorization": f"Bearer {TOKEN}"})
    finally:
        portal.stop_all()
    assert status == 200
    assert 'portal_requests_total{method="GET",status="200",view="directory:catalogue"} 20.0' in text


def _get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Over a connection of its own: either process answers."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path, headers={"Host": "portal.localhost", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
