"""Asking clamd whether a file is infected: its INSTREAM command over the socket of `CLAMD_SOCKET`.

clamd(8): `zINSTREAM\\0`, then chunks with a length of four bytes in network order, closed by a length of zero; it
answers `stream: OK`, `stream: NAME FOUND` or `… ERROR`.
"""

import socket
import struct
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings

CHUNK = 64 * 1024
SECONDS = 60


class NoScanner(Exception):
    """clamd did not answer; nothing is known about the file."""


@dataclass(frozen=True)
class Verdict:
    infected: bool | None
    """None where clamd could not scan it."""
    words: str


def is_set_up() -> bool:
    return bool(settings.CLAMD_SOCKET)


def scan(file: BinaryIO) -> Verdict:
    """Raises `NoScanner` where clamd cannot be reached or breaks off."""
    try:
        answer = _ask(file)
    except OSError as error:
        raise NoScanner(f"clamd at {settings.CLAMD_SOCKET}: {error}") from error
    words = answer.removeprefix("stream: ")
    if words == "OK":
        return Verdict(False, "")
    if words.endswith(" FOUND"):
        return Verdict(True, words.removesuffix(" FOUND"))
    if not words:
        raise NoScanner(f"clamd at {settings.CLAMD_SOCKET} answered nothing.")
    return Verdict(None, words)


def _ask(file: BinaryIO) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as clamd:
        clamd.settimeout(SECONDS)
        clamd.connect(settings.CLAMD_SOCKET)
        clamd.sendall(b"zINSTREAM\0")
        while chunk := file.read(CHUNK):
            clamd.sendall(struct.pack("!L", len(chunk)) + chunk)
        clamd.sendall(struct.pack("!L", 0))
        answer = b""
        while part := clamd.recv(4096):
            answer += part
    return answer.rstrip(b"\0\n").decode(errors="replace").strip()
