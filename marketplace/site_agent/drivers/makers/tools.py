"""Asking the makers' own tools, which belong to the machine and are trusted as it is, but may hang or fail."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

WITHIN_SECONDS = 30.0


class NotCounted(Exception):
    """A tool is there and did not answer; the text says why."""


def tool(name: str, *places: str) -> str | None:
    """Where the tool is: on the agent's path or in the places given; None if this machine has none."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *places])
    return shutil.which(name, path=path)


def output(words: Sequence[str]) -> str:
    """What the tool prints. Raises `NotCounted`."""
    name = Path(words[0]).name
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=WITHIN_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotCounted(f"{name} did not answer within {WITHIN_SECONDS:.0f} s") from None
    except OSError as error:
        raise NotCounted(f"{name} cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines() or ["without a word"]
        raise NotCounted(f"{name} ended with {done.returncode}: {said[0][:200]}")
    return done.stdout
