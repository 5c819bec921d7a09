"""One form for every line: ours and the libraries', as text or as JSON; no values of variables."""

import json
import os
import subprocess
import sys

import pytest

from tests.database import PROJECT

SAY = """
import logging, django, structlog
django.setup()
def act():
    password = "never-in-a-log"
    raise ValueError("what went wrong")
structlog.get_logger().info("hello", place="山西")
try:
    act()
except ValueError:
    structlog.get_logger().exception("act_failed")
    logging.getLogger("some.library").exception("library words")
"""


def said(form: str) -> str:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "LOG_FORMAT": form}
    ended = subprocess.run(
        [sys.executable, "-c", SAY], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    return ended.stdout + ended.stderr


def test_json_has_one_object_a_line():
    lines = {line["event"]: line for line in map(json.loads, said("json").splitlines())}
    assert lines["hello"]["place"] == "山西"
    for event, level in (("act_failed", "error"), ("library words", "error")):
        assert (lines[event]["level"], lines[event]["exception"][0]["exc_value"]) == (level, "what went wrong")


def test_no_form_tells_the_values_of_variables():
    for form in ("json", "text"):
        words = said(form)
        assert "what went wrong" in words
        assert "never-in-a-log" not in words.replace('password = "never-in-a-log"', "")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/organisation/invitations/a-secret/?next=/", "GET /organisation/invitations/…/"),
        ("/accounts/password/reset/key/1-a-secret/", "GET /accounts/password/reset/key/…/"),
        ("/accounts/confirm-email/a-secret/", "GET /accounts/confirm-email/…/"),
        ("/staff/accounts/user/?q=a-secret@example.test", "GET /staff/accounts/user/"),
    ],
)
def test_the_line_of_a_request_holds_no_key_no_search_and_no_network_address(db, client_at, capsys, address, shown):
    client_at().get(address, REMOTE_ADDR="192.0.2.7")
    line = next(one for one in capsys.readouterr().out.splitlines() if "request_finished" in one)
    assert f"request='{shown}'" in line
    assert "a-secret" not in line
    assert "192.0.2.7" not in line


def test_a_form_that_does_not_exist_stops_the_start_with_a_sentence():
    environment = {**os.environ, "LOG_FORMAT": "xml"}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=PROJECT, env=environment, capture_output=True, text=True
    )
    assert ended.returncode != 0
    assert "LOG_FORMAT is 'xml'; it must be one of text, json. The portal did not start." in ended.stderr
