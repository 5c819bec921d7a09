"""From inside a workspace: what belongs to others cannot be reached. Each test tries it for real."""

import json
import os
import socket
import uuid
from pathlib import Path

import pytest

from tests.marketplace.site_agent import inside
from tests.marketplace.site_agent.doors import Doors
from tests.marketplace.site_agent.site import Site

pytestmark = pytest.mark.processes

LEASED, FOREIGN = "/dev/loop-control", "/dev/kmsg"
"""Two device files that every Linux has and bubblewrap's minimal /dev has not."""


def tried(endpoint, code: str) -> str:
    """`reached`, or the name of the error that stood in the way."""
    return inside.run(endpoint, f"{code}\nprint('reached')")


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory):
    """Two workspaces; the first has leased a card with a device, the second owns another one."""
    tmp_path, doors = tmp_path_factory.mktemp("neighbours"), Doors()
    declared = {"cards": {"devices": {"n1-c1": [LEASED], "n1-c2": [FOREIGN]}}}
    (tmp_path / "pools.json").write_text(json.dumps(declared))
    site = Site(tmp_path, doors)
    assert site.enrol("--pools", str(tmp_path / "pools.json")).returncode == 0
    site.start()
    tokens = str(uuid.uuid4()), str(uuid.uuid4())
    ours = doors.ready(tokens[0], serials=["n1-c1"])["endpoint"]
    theirs = doors.ready(tokens[1], serials=["n1-c2"])["endpoint"]
    yield site, tokens, ours, theirs
    site.close()
    doors.close()


def test_neither_the_agents_key_nor_its_memory_can_be_read(neighbours):
    site, _tokens, ours, _theirs = neighbours
    key = next((site.state / "enrolments").glob("*.json"))
    assert key.read_text()
    assert tried(ours, f"open({str(key)!r})") == "FileNotFoundError"
    assert tried(ours, f"open({str(site.state / 'agent.sqlite3')!r})") == "FileNotFoundError"
    assert tried(ours, "import os; os.listdir('/proc/1/root/root')") == "PermissionError"


def test_the_database_socket_cannot_be_reached(neighbours, django_db_setup):
    from django.conf import settings

    _site, _tokens, ours, _theirs = neighbours
    folder = settings.DATABASES["default"]["HOST"]
    path = next(Path(folder).glob(".s.PGSQL.*"))
    while path.parent.is_symlink():
        path = path.parent.resolve() / path.name
    with socket.socket(socket.AF_UNIX) as outside:
        folder_fd = os.open(path.parent, os.O_PATH)
        outside.connect(f"/proc/self/fd/{folder_fd}/{path.name}")
        os.close(folder_fd)
    code = "import socket, os; os.chdir({!r}); socket.socket(socket.AF_UNIX).connect({!r})"
    assert tried(ours, code.format(str(path.parent), path.name)) == "FileNotFoundError"


def test_no_network_leads_out_not_even_to_the_portal_or_the_neighbour(neighbours):
    site, _tokens, ours, theirs = neighbours
    assert inside.answers(theirs)
    for address in (theirs["url"], site.doors.url):
        host, port = address.removeprefix("http://").partition("/")[0].split(":")
        code = f"import socket; socket.create_connection(({host!r}, {port}), 3)"
        assert tried(ours, code) == "ConnectionRefusedError"
    assert tried(ours, "import socket; socket.create_connection(('192.0.2.1', 80), 3)") == "OSError"
    assert inside.run(ours, "import socket; print(socket.if_nameindex())") == "[(1, 'lo')]"


def test_the_neighbours_files_processes_and_secret_are_out_of_sight(neighbours):
    site, tokens, ours, theirs = neighbours
    inside.run(theirs, "open('/home/card/secret', 'w').write('theirs')")
    folder = str(site.state / "workspaces" / tokens[1])
    assert tried(ours, f"import os; os.listdir({folder!r})") == "FileNotFoundError"
    assert inside.run(ours, "import os; print(os.path.exists('/home/card/secret'))") == "False"
    pid = site.workspace(tokens[1]).pid
    assert tried(ours, f"import os; os.kill({pid}, 0)") == "ProcessLookupError"
    search = (
        "import os\n"
        "seen = b''.join(open(f'/proc/{p}/environ', 'rb').read() for p in os.listdir('/proc')"
        " if p.isdigit() and os.access(f'/proc/{p}/environ', os.R_OK))\n"
        f"print({tokens[1]!r}.encode() in seen, {tokens[0]!r}.encode() in seen)"
    )
    assert inside.run(ours, search) == "False True"


def test_the_leased_device_is_there_and_a_foreign_one_is_not(neighbours):
    _site, _tokens, ours, theirs = neighbours
    there = f"import os; print(os.path.exists({LEASED!r}), os.path.exists({FOREIGN!r}))"
    assert inside.run(ours, there) == "True False"
    assert inside.run(theirs, there) == "False True"
    assert tried(ours, f"open({FOREIGN!r})") == "FileNotFoundError"
    number = Path(FOREIGN).stat().st_rdev
    made = f"import os, stat; os.mknod('/home/card/made', 0o600 | stat.S_IFCHR, {number})"
    assert tried(ours, made) == "PermissionError"


def test_the_workspace_has_no_rights_and_cannot_gain_any(neighbours):
    _site, _tokens, ours, _theirs = neighbours
    status = inside.run(ours, "print(open('/proc/self/status').read())")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert facts["NoNewPrivs"] == "1"
    assert {facts[name] for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {"0" * 16}
    assert tried(ours, "open('/usr/bin/new', 'w')") in ("PermissionError", "OSError")
    assert tried(ours, "import os; os.setuid(0)") in ("PermissionError", "OSError")


@pytest.mark.skipif(os.geteuid() != 0, reason="a user id of its own needs an agent that is root")
def test_each_workspace_has_a_user_of_its_own(neighbours):
    site, tokens, ours, theirs = neighbours
    ids = [int(inside.run(one, "import os; print(os.getuid())")) for one in (ours, theirs)]
    assert ids == [site.workspace(token).uid for token in tokens]
    assert len({0, *ids}) == 3


def test_only_what_was_meant_is_in_the_environment(neighbours):
    _site, _tokens, ours, _theirs = neighbours
    code = "print(' '.join(sorted(line.split('=')[0] for line in open('/proc/2/environ').read().split('\\0') if line)))"
    names = set(inside.run(ours, code).split())
    assert names <= {
        *("HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "PATH", "PWD", "PYTHONDONTWRITEBYTECODE"),
        "SUANLI_WORKSPACE",
    }
    assert "HOME" in names


def test_a_link_in_place_of_the_workspaces_socket_leads_nowhere(neighbours, tmp_path):
    """The agent would connect the buyer to any socket of the machine. (Last test: it breaks the door.)"""
    _site, _tokens, ours, _theirs = neighbours
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as outside:
        outside.bind(str(path))
        outside.listen()
        outside.settimeout(2)
        door = "/run/workspace/jupyter.sock"
        swap = f"import os; os.unlink({door!r}); os.symlink({str(path)!r}, {door!r})"
        inside.run(ours, swap)
        assert inside.get(ours, "/lab").status_code == 503
        with pytest.raises(TimeoutError):
            outside.accept()
