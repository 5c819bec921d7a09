"""Delete whatever a stranger left in a folder: no recursion, one folder open at a time, no link followed.

A folder that is not empty is moved up to the top before it is opened. So depth costs no stack, no descriptors and no
long paths, and many entries cost no memory. The module needs the standard library only: it also runs as a program of
the workspace's user (see `deletion`), which exits 1 with a sentence if something is left.
"""

import contextlib
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

CLOSED_TO_OTHERS = 0o700


class Left(Exception):
    """Something could not be deleted; the text names the first such entry and the reason."""


def remove(path: str) -> None:
    """Delete the folder with everything in it, if it is there. Raises `Left` or `OSError`."""
    with contextlib.suppress(FileNotFoundError):
        empty(path)
        Path(path).rmdir()


def empty(path: str) -> None:
    """Delete everything in the folder and keep the folder itself. Raises `Left`, or `OSError` if there is none."""
    top = _opened(path, None)
    try:
        while (one := _Pass(top)).run():
            if not one.done:
                raise Left(one.fault)
    finally:
        os.close(top)


class _Pass:
    """Look once at each entry of the top: files go, folders are emptied upwards and go."""

    def __init__(self, top: int) -> None:
        self._top = top
        self._prefix, self._lifted = secrets.token_hex(8), 0
        self.done, self.fault = 0, ""

    def run(self) -> bool:
        """Whether anything was there."""
        return self._each(self._top, self._dissolve) > 0

    def _each(self, folder: int, take: Callable[[str, int], None]) -> int:
        """Delete the files of the open folder and call `take` for its folders; the number of entries seen."""
        seen = 0
        with os.scandir(folder) as entries:
            for entry in entries:
                seen += 1
                try:
                    if entry.is_dir(follow_symlinks=False):
                        take(entry.name, folder)
                    else:
                        os.unlink(entry.name, dir_fd=folder)
                    self.done += 1
                except FileNotFoundError:
                    self.done += 1
                except OSError as error:
                    self.fault = self.fault or f"{ascii(entry.name)[:100]}: {error.strerror}"
        return seen

    def _dissolve(self, name: str, top: int) -> None:
        """Delete the folder's files, lift its folders to the top, and delete it."""
        if _is_removed(name, top):
            return
        folder = _opened(name, top)
        try:
            self._each(folder, self._lift)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=top)

    def _lift(self, name: str, folder: int) -> None:
        if _is_removed(name, folder):
            return
        self._lifted += 1
        new = f"{self._prefix}-{self._lifted}"
        try:
            os.rename(name, new, src_dir_fd=folder, dst_dir_fd=self._top)
        except PermissionError:  # a folder that changes its parent must be writable itself
            os.close(_opened(name, folder))
            os.rename(name, new, src_dir_fd=folder, dst_dir_fd=self._top)


def _is_removed(name: str, parent: int) -> bool:
    try:
        os.rmdir(name, dir_fd=parent)
    except OSError:
        return False
    return True


def _opened(name: str, parent: int | None) -> int:
    """A descriptor of the folder, made readable and writable for its owner first."""
    handle = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        path = Path(f"/proc/self/fd/{handle}")
        with contextlib.suppress(PermissionError):  # somebody else's: what follows says whether that matters
            path.chmod(CLOSED_TO_OTHERS)
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    finally:
        os.close(handle)


def main(paths: list[str]) -> int:
    faults = []
    for path in paths:
        try:
            empty(path)
        except (Left, OSError) as error:
            faults.append(str(error))
    sys.stderr.write("\n".join(faults[:1]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
