"""Secrets are made once, kept closed, and the environment wins over them."""

import os
import stat
import subprocess
import sys

import pytest

from portal.runtime import kept
from tests.database import PROJECT


@pytest.fixture
def environment(monkeypatch):
    for name in ("DATABASE_URL", "SECRET_KEY", "CREDENTIALS_KEY", "SAMPLE_WORLD", "PORTAL_PORT", "PORTAL_DATA"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_the_first_start_makes_two_different_secrets_that_only_the_owner_reads(tmp_path):
    kept.make(tmp_path / "data", sample=True, port=None)
    values = kept.read(tmp_path / "data")
    assert len(values["SECRET_KEY"]) >= 50
    assert values["SECRET_KEY"] != values["CREDENTIALS_KEY"]
    assert stat.S_IMODE((tmp_path / "data" / "portal.env").stat().st_mode) == 0o600


def test_later_starts_keep_the_secrets_and_the_choice_of_world_but_take_the_new_port(tmp_path):
    kept.make(tmp_path, sample=False, port=None)
    before = kept.read(tmp_path)
    kept.make(tmp_path, sample=True, port="8123")
    assert kept.read(tmp_path) == {**before, "PORTAL_PORT": "8123", "SAMPLE_WORLD": "0"}


def test_the_environment_wins_over_what_was_kept(tmp_path, environment, monkeypatch):
    kept.make(tmp_path, sample=True, port=None)
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/portal")
    kept.bring_into_environment(["check"])
    assert os.environ["DATABASE_URL"] == "postgres://elsewhere/portal"
    assert os.environ["SECRET_KEY"] == kept.read(tmp_path)["SECRET_KEY"]


def test_without_a_kept_file_nothing_is_added(tmp_path, environment, monkeypatch):
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path))
    kept.bring_into_environment(["check"])
    assert "DATABASE_URL" not in os.environ
    assert "SECRET_KEY" not in os.environ


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence", "code"),
    [
        (["--port", "many"], {}, "--port is 'many'; it must be a whole number from 1 to 65535.", 2),
        (["--data", "/proc/portal"], {}, "The data folder /proc/portal cannot be written: No such file", 2),
        ([], {"DATABASE_URL": "mysql://portal"}, "DATABASE_URL cannot be read: it must look like postgres://", 2),
        ([], {"DATABASE_URL": "postgres://nobody@%2Fnowhere/x"}, "DATABASE_URL cannot be reached: ", 1),
        (
            [],
            {"SAMPLE_WORLD": "perhaps", "DATABASE_URL": "postgres://x/x"},
            "SAMPLE_WORLD is 'perhaps'; it must be 1 or 0.",
            2,
        ),
    ],
)
def test_bad_input_stops_the_start_with_one_sentence(tmp_path, arguments, environment, sentence, code):
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    ended = subprocess.run(
        [sys.executable, "manage.py", "quickstart", "--data", str(tmp_path / "data"), *arguments],
        cwd=PROJECT, env={**clean, **environment}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False)
    assert sentence in ended.stderr.splitlines()[-1]
    assert len(ended.stderr.splitlines()) == 1
