"""A wrong word gives one sentence and exit 2, never a traceback."""

import json
import stat

import pytest

from marketplace.site_agent import cli, layout
from tests.marketplace.site_agent.doors import CODE, RENEWAL


def said(capsys, *words: str) -> str:
    assert cli.main(words) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    return written.err.strip().removeprefix("suanli-agent: ")


def test_enrolling_keeps_a_key_that_only_its_owner_reads(tmp_path, doors, capsys):
    state = tmp_path / "state"
    assert cli.main(["enrol", "--portal", doors.url, "--code", CODE, "--state", str(state)]) == 0
    assert capsys.readouterr().out == "Enrolled for sample in shanxi, 1 pools.\n"
    (kept,) = (state / "enrolments").iterdir()
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["portal"] == doors.url


def test_a_used_or_wrong_code_is_told_in_the_portals_words(tmp_path, doors, capsys):
    words = ["enrol", "--portal", doors.url, "--code", "wrong", "--state", str(tmp_path)]
    assert said(capsys, *words) == "This enrolment code is unknown, used or expired."


def test_a_portal_that_does_not_answer(tmp_path, capsys):
    words = ["enrol", "--portal", "http://127.0.0.1:9", "--code", "x", "--state", str(tmp_path)]
    assert said(capsys, *words) == "http://127.0.0.1:9 did not answer (ConnectError). Nothing was changed."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "The following arguments are required: enrol | rotate | run | stop | devices."),
        (["fly"], "Argument enrol | rotate | run | stop | devices: invalid choice: 'fly'"),
        (["run", "--wings"], "Unrecognized arguments: --wings."),
        (["run"], "Say where the agent keeps its state: --state DIR, or SUANLI_AGENT_STATE in the environment."),
        (["run", "--state", "/nowhere"], "There is no state folder /nowhere. `suanli-agent enrol` makes one."),
        (["enrol", "--portal", "ftp://x", "--code", "x", "--state", "STATE"], "ftp://x is not the address of a portal"),
        (["enrol", "--portal", "http://a.cn", "--code", "x", "--state", "STATE"], "http://a.cn is not encrypted."),
        (
            ["enrol", "--portal", "http://[", "--code", "x", "--state", "STATE"],
            "http://[ is not the address of a portal",
        ),
        (["run", "--state", "STATE"], "Nobody is enrolled in {state}."),
        (["stop", "--state", "/dev/null"], "There is no state folder /dev/null."),
    ],
)
def test_wrong_words(tmp_path, capsys, words, sentence):
    words = [str(tmp_path) if word == "STATE" else word for word in words]
    assert said(capsys, *words).startswith(sentence.format(state=tmp_path))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "must look like"),
        ('{"cards": {"colour": "red"}}', "must look like"),
        ('{"cards": {"devices": {"n1-c1": "/dev/null"}}}', "must look like"),
        ('{"other": {"faulty": []}}', "names other, which is not registered for this provider (registered: cards)"),
    ],
)
def test_a_wrong_pools_file(tmp_path, doors, capsys, text, sentence):
    (tmp_path / "pools.json").write_text(text)
    words = ["enrol", "--portal", doors.url, "--code", CODE, "--state", str(tmp_path / "state")]
    assert sentence in said(capsys, *words, "--pools", str(tmp_path / "pools.json"))


def test_a_damaged_enrolment_is_named(site, capsys):
    (kept,) = (site.state / "enrolments").iterdir()
    kept.write_text('{"key_id": "shanxi.1"}')
    assert said(capsys, "run", "--state", str(site.state)) == (
        f"The enrolment {kept} is damaged. Remove it and enrol again with a new code."
    )


def test_a_damaged_memory_is_named(site, capsys):
    (site.state / "agent.sqlite3").write_bytes(b"not a database, but longer than nothing" * 100)
    assert said(capsys, "run", "--state", str(site.state)).startswith("The agent's memory ")


def test_two_agents_cannot_share_a_state(site, capsys):
    site.start()
    site.doors.final(site.doors.order("list", "a-lease"))
    assert said(capsys, "run", "--state", str(site.state)) == f"Another agent works in {site.state} already."


def test_a_new_key_keeps_the_agent_and_what_it_declared(tmp_path, doors, capsys):
    state, pools = tmp_path / "state", tmp_path / "pools.json"
    pools.write_text(json.dumps({"cards": {"faulty": ["n1-c3"]}}))
    where = ["--portal", doors.url, "--state", str(state)]
    assert cli.main(["enrol", *where, "--code", CODE, "--pools", str(pools)]) == 0
    (kept,) = (state / "enrolments").iterdir()
    before = json.loads(kept.read_text())
    capsys.readouterr()
    assert cli.main(["rotate", *where, "--code", RENEWAL]) == 0
    said_so = "New key for sample in shanxi. The old one works until the new one is used.\n"
    assert capsys.readouterr().out == said_so
    after = json.loads(kept.read_text())
    assert after.pop("private_key") != before.pop("private_key")
    assert after == before


@pytest.mark.parametrize(("layout", "age"), [(0, "an older"), (2, "a newer")])
def test_a_state_folder_of_another_version_is_refused_untouched(tmp_path, doors, capsys, layout, age):
    state = tmp_path / "state"
    assert cli.main(["enrol", "--portal", doors.url, "--code", CODE, "--state", str(state)]) == 0
    capsys.readouterr()
    (state / "layout.json").write_text(json.dumps({"layout": layout, "agent": "9.9"}))
    before = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    sentence = said(capsys, "run", "--state", str(state))
    assert sentence.startswith(
        f"The state folder {state} was written by {age} version of the agent (9.9, layout {layout})"
    )
    assert "Nothing was changed." in sentence
    before_run = {path: data for path, data in before.items() if path.name != "lock"}
    after = {path: path.read_bytes() for path in state.rglob("*") if path.is_file() and path.name != "lock"}
    assert after == before_run


def test_a_folder_from_before_layouts_were_noted_is_taken(tmp_path, doors, capsys):
    state = tmp_path / "state"
    assert cli.main(["enrol", "--portal", doors.url, "--code", CODE, "--state", str(state)]) == 0
    (state / "layout.json").unlink()
    layout.check(state)
    assert json.loads((state / "layout.json").read_text())["layout"] == layout.LAYOUT
