"""A workspace that does its worst costs its agent little memory and its neighbours nothing."""

import uuid
from pathlib import Path

import httpx
import pytest

from tests.marketplace.site_agent import inside

pytestmark = pytest.mark.processes

MIB = 1024 * 1024
ANSWER_MIB = 600
GLUTTON = f"""
import os, socket, subprocess, sys
answer = '''
import os, socket, threading
os.unlink("/run/workspace/jupyter.sock")
listener = socket.socket(socket.AF_UNIX)
listener.bind("/run/workspace/jupyter.sock")
listener.listen()
def serve(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\\\\r\\\\nContent-Length: {ANSWER_MIB * MIB}\\\\r\\\\n\\\\r\\\\n")
    for part in range({ANSWER_MIB}):
        connection.sendall(b"[" * {MIB})
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],)).start()
'''
subprocess.Popen([sys.executable, "-c", answer], start_new_session=True)
"""
"""Takes the place of the workspace's JupyterLab and answers every request with 600 MB."""
LABYRINTH = """
import os
os.chdir('/home/card')
for level in range(3000):
    os.mkdir('d')
    os.chdir('d')
open('end', 'w').close()
os.chdir('/home/card')
os.mkdir('closed')
os.mkdir('closed/inner')
os.chmod('closed', 0)
os.symlink('/', 'everything')
"""


def token() -> str:
    return str(uuid.uuid4())


def peak(pid: int) -> int:
    """The most memory the process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def test_answers_of_600_megabytes_pass_and_do_not_stay(site, doors):
    site.start()
    lease, neighbour = token(), token()
    hostile = doors.ready(lease, serials=["n1-c1"])["endpoint"]
    honest = doors.ready(neighbour, serials=["n1-c2"])["endpoint"]
    before = peak(site.pid)

    inside.run(hostile, GLUTTON)
    for _time in range(3):
        answer = doors.final(doors.order("verify", lease, attempt=1))
        assert (answer["status"], answer["code"]) == ("failed", "internal")
    with httpx.stream("GET", hostile["url"], timeout=30, trust_env=False) as passed:
        received = sum(len(part) for part in passed.iter_raw())

    assert received == ANSWER_MIB * MIB
    assert peak(site.pid) - before < 32 * MIB
    assert inside.run(honest, "print(6 * 7)") == "42"
    assert doors.final(doors.order("verify", neighbour))["status"] == "verified"
    assert doors.final(doors.order("revoke", lease))["status"] == "revoked"


def test_what_a_workspace_leaves_to_be_deleted_is_deleted(site, doors):
    site.start()
    lease = token()
    endpoint = doors.ready(lease)["endpoint"]
    inside.run(endpoint, LABYRINTH)

    assert doors.final(doors.order("revoke", lease))["status"] == "revoked"

    assert list((site.state / "workspaces").iterdir()) == []
    assert "Traceback" not in site.log()
