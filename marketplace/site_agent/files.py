"""Small files that are either the old or the new one, whatever happens in between, and readable by their owner only."""

import json
import os
from pathlib import Path
from typing import Any

MOST_BYTES = 32 * 1024 * 1024
"""Of a file that is read: some hundred thousand cards."""


def make_private(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_json(path: Path, value: Any, mode: int = 0o600) -> None:
    """Replace the file in one step and wait until it is on disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        json.dump(value, file, ensure_ascii=False)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)


def read_json(path: Path) -> Any:
    """Raises `ValueError` for a file that is no JSON or too large, and `OSError` for one that cannot be read."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("too many levels") from None
