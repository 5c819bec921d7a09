"""A province's private files: kept once, laid beside a backup, put back where they are missing."""

import io
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from tenants.backups import files


@pytest.fixture(autouse=True)
def media(tmp_path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def kept(content: bytes, schema: str = "shanxi") -> Path:
    path = files.path_of("onboarding", schema, sha256(content).hexdigest())
    files.keep(path, [content])
    return path


def archive(folder: Path, name: str, content: bytes) -> Path:
    """A dump with an archive beside it that holds one member; returns the dump."""
    dump = folder / "shanxi.dump"
    with tarfile.open(files.archive_of(dump), "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return dump


def test_a_file_is_kept_for_the_portal_alone_and_never_written_again():
    path = kept(b"lease")
    written = path.stat().st_mtime_ns
    assert (path.read_bytes(), path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o077) == (b"lease", 0o600, 0)
    assert kept(b"lease").stat().st_mtime_ns == written
    assert list(path.parent.iterdir()) == [path]


def test_the_archive_has_the_provinces_own_files_and_puts_back_what_is_missing(tmp_path):
    lost, there, foreign = kept(b"lost"), kept(b"there"), kept(b"foreign", "henan")
    dump = tmp_path / "shanxi-1.dump"
    made = files.write_archive("shanxi", dump)
    assert made == tmp_path / "shanxi-1.tar"
    assert made.stat().st_mode & 0o777 == 0o600
    for path in (lost, foreign):
        path.unlink()
    assert files.put_back(dump, "shanxi") == 1
    assert [path.is_file() for path in (lost, there, foreign)] == [True, True, False]
    assert (lost.read_bytes(), lost.stat().st_mode & 0o777) == (b"lost", 0o600)


def test_without_files_there_is_no_archive_and_without_an_archive_nothing_is_put_back(tmp_path):
    dump = tmp_path / "shanxi-1.dump"
    assert files.write_archive("shanxi", dump) is None
    assert list(tmp_path.iterdir()) == []
    assert files.put_back(dump, "shanxi") == 0


NAME = sha256(b"lease").hexdigest()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"onboarding/{NAME[:2]}/{NAME}", b"forged"),
        (f"../onboarding/{NAME[:2]}/{NAME}", b"lease"),
        ("onboarding/readme", b"lease"),
    ],
)
def test_an_archive_with_anything_else_in_it_puts_nothing_back(tmp_path, media, name, content):
    with pytest.raises(files.BrokenArchive):
        files.put_back(archive(tmp_path, name, content), "shanxi")
    assert not media.exists()


def test_an_archive_that_was_cut_off_puts_nothing_back(tmp_path, media):
    dump = archive(tmp_path, f"onboarding/{NAME[:2]}/{NAME}", b"lease")
    cut = files.archive_of(dump)
    cut.write_bytes(cut.read_bytes()[:514])
    with pytest.raises(files.BrokenArchive):
        files.put_back(dump, "shanxi")
    assert not media.exists()
