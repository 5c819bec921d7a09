"""A province is restored into a running portal: everybody else is answered as if nothing happened."""

import http.client
import re
import threading
import time

import pytest

from tests.live import LivePortal

pytestmark = pytest.mark.processes


def get(portal: LivePortal, province: str | None, path: str = "/") -> tuple[int, float]:
    """Status of a page, and how many seconds it took."""
    host = "portal.localhost" if province is None else f"{province}.portal.localhost"
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
    began = time.monotonic()
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{portal.port}"})
        answer = connection.getresponse()
        answer.read()
        return answer.status, time.monotonic() - began
    finally:
        connection.close()


def test_pages_answer_while_a_province_is_restored(live_portal, tmp_path):
    said = live_portal.manage("backup_province", "shanxi", "--to", str(tmp_path))
    (file,) = tmp_path.glob("shanxi-*.dump")
    assert str(file) in said
    seen: dict[str | None, list[tuple[int, float]]] = {None: [], "henan": [], "shanxi": []}
    over = threading.Event()

    def ask(province: str | None) -> None:
        while not over.is_set():
            seen[province].append(get(live_portal, province))

    threads = [threading.Thread(target=ask, args=[province]) for province in seen]
    for thread in threads:
        thread.start()
    try:
        said = live_portal.manage("restore_province", "shanxi", str(file))
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    assert re.search(r"^Restored in \d+\.\d s\.$", said, re.MULTILINE)
    for answers in seen.values():
        assert len(answers) >= 3
        assert {status for status, _seconds in answers} == {200}
    assert "Everything examined is as it should be." in live_portal.manage("doctor")
