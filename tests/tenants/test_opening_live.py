"""A province is opened while the portal runs: it answers on its host and is on the home page without a restart."""

import http.client
import os
import time

import pytest

from tests import database
from tests.live import LivePortal, live
from tests.tenants.test_restoring_live import get

pytestmark = pytest.mark.processes
SEEN_WITHIN_SECONDS = 10.0
"""Five seconds, the age at which a process reads the table of hosts anew, and what two pages may take beside it."""


def test_a_province_opened_by_another_process_answers_within_seconds(django_db_setup, tmp_path):
    name = f"test_opening_{os.getpid()}"
    database.drop(name)
    database.copy(name)
    try:
        with live(database.address(name), tmp_path) as portal:
            assert get(portal, "guizhou")[0] == 404
            assert f"http://guizhou.portal.localhost:{portal.port}/" not in home(portal)
            said = portal.manage("open_province", "guizhou")
            opened = time.monotonic()
            assert said == f"Guizhou is open at http://guizhou.portal.localhost:{portal.port}/\n"
            while get(portal, "guizhou")[0] != 200:
                assert time.monotonic() - opened < SEEN_WITHIN_SECONDS
                time.sleep(0.2)
            assert f"http://guizhou.portal.localhost:{portal.port}/" in home(portal)
    finally:
        database.drop(name)


def home(portal: LivePortal) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
    try:
        connection.request("GET", "/", headers={"Host": f"portal.localhost:{portal.port}"})
        return connection.getresponse().read().decode()
    finally:
        connection.close()
