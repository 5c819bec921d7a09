"""A province's private files, and the archive of them that lies beside a backup of its tables.

They lie under `MEDIA_ROOT/private/<app>/<province>/`, named by the SHA-256 of their content: one that is there already
need not be put back, and one that was changed on its way is found out.
"""

import hashlib
import re
import secrets
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from django.conf import settings

CHUNK = 64 * 1024
MEMBER = re.compile(r"([a-z_]+)/[0-9a-f]{2}/([0-9a-f]{64})")
"""App and content, as an archive names a file."""


class BrokenArchive(Exception):
    """The archive holds what it should not; the text is a sentence. Nothing was put back."""


def path_of(app: str, schema: str, sha256: str) -> Path:
    return _private() / app / schema / sha256[:2] / sha256


def keep(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a content that is not there yet, readable by the portal's own user only."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    growing = path.with_suffix(f".{secrets.token_hex(8)}")
    with growing.open("xb") as copy:
        growing.chmod(0o600)
        copy.writelines(chunks)
    growing.replace(path)


def archive_of(dump: Path) -> Path:
    return dump.with_suffix(".tar")


def write_archive(schema: str, dump: Path) -> Path | None:
    """Lay the province's files beside its dump; None where it has none. Raises `OSError`."""
    found = [path for path in _private().glob(f"*/{schema}/*/*") if MEMBER.fullmatch(_member(path))]
    if not found:
        return None
    archive = archive_of(dump)
    making = archive.with_suffix(".making")
    try:
        making.touch(mode=0o600)
        with tarfile.open(making, "w") as tar:
            for path in sorted(found):
                tar.add(path, _member(path), recursive=False)
        making.rename(archive)
    finally:
        making.unlink(missing_ok=True)
    return archive


def put_back(dump: Path, schema: str) -> int:
    """Write what the dump's archive has and the province lacks; how many files.

    All are looked at before any is written. Raises `BrokenArchive`; a dump without an archive puts nothing back.
    """
    archive, written = archive_of(dump), 0
    if not archive.is_file():
        return 0
    try:
        for _app, sha256, content in _members(archive):
            if hashlib.file_digest(content, "sha256").hexdigest() != sha256:  # type: ignore[arg-type]  # it can be read
                raise BrokenArchive(f"{archive.name} is damaged: a file in it is not what its name says.")
    except tarfile.TarError as error:
        raise BrokenArchive(f"{archive.name} is damaged: {error}.") from None
    for app, sha256, content in _members(archive):
        path = path_of(app, schema, sha256)
        written += not path.exists()
        keep(path, iter(lambda content=content: content.read(CHUNK), b""))  # type: ignore[misc]
    return written


def _members(archive: Path) -> Iterator[tuple[str, str, IO[bytes]]]:
    """App, SHA-256 by its name, and content of every file."""
    with tarfile.open(archive, "r:") as tar:
        for member in tar:
            named, content = MEMBER.fullmatch(member.name), tar.extractfile(member) if member.isreg() else None
            if named is None or content is None:
                raise BrokenArchive(f"{archive.name} is not an archive of a province: it holds {member.name!r}.")
            yield named[1], named[2], content


def _private() -> Path:
    return Path(settings.MEDIA_ROOT) / "private"


def _member(path: Path) -> str:
    """`<app>/<two digits>/<SHA-256>`: an archive is bound to no province's name."""
    app, _schema, *rest = path.relative_to(_private()).parts
    return "/".join([app, *rest])
