"""Whatever a workspace's user leaves behind is deleted, and nothing outside its folders."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.site_agent.drivers import deletion, emptying
from marketplace.site_agent.drivers.deletion import NotDeleted
from marketplace.site_agent.drivers.isolation import UID_BASE, Folders, Walls
from marketplace.site_agent.drivers.workspaces import give_to

KINDS = [Walls.OWN_NAMESPACE, Walls.NONE] + ([Walls.OWN_USER] if os.geteuid() == 0 else [])
UID = UID_BASE + 7
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave files of another user")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "folder"
    made.mkdir()
    return made


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def nest(folder: Path, levels: int) -> None:
    """Folders inside one another, far deeper than a path can say."""
    here = os.open(folder, os.O_DIRECTORY)
    for _level in range(levels):
        os.mkdir("d", dir_fd=here)
        Path(f"/proc/self/fd/{here}/d/file").touch()
        inner = os.open("d", os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def test_folders_inside_one_another_cost_no_stack(folder):
    nest(folder, 3000)
    emptying.empty(str(folder))
    assert names_in(folder) == []


def test_odd_names_go(folder):
    names = ["-rf", " ", "a\nb", "*", "~", "名字", "\x7f", "x" * 255]
    odd = [folder / os.fsdecode(name) for name in (b"\xff\xfe", b"\x01", b"...")]
    for name in names:
        (folder / name).mkdir()
        (folder / name / name).touch()
    for path in odd:
        path.mkdir()
        (path / "file").touch()
    emptying.empty(str(folder))
    assert names_in(folder) == []


def test_links_are_deleted_and_never_followed(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (outside.parent / "precious").write_text("kept")
    inner = folder / "inner"
    inner.mkdir()
    for place in (folder, inner):
        (place / "to-folder").symlink_to(outside)
        (place / "to-file").symlink_to(tmp_path / "precious")
        (place / "to-nothing").symlink_to(tmp_path / "nothing")
        (place / "to-itself").symlink_to(place / "to-itself")
    emptying.empty(str(folder))
    assert names_in(folder) == []
    assert (tmp_path / "precious").read_text() == "kept"
    assert outside.stat().st_mode & 0o777 == 0o500


def test_a_folder_that_is_a_link_is_refused(folder, tmp_path):
    (folder / "file").touch()
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(NotADirectoryError):
        emptying.remove(str(tmp_path / "link"))
    assert names_in(folder) == ["file"]


def test_what_is_gone_already_is_gone(tmp_path):
    emptying.remove(str(tmp_path / "nothing"))


def test_many_entries_cost_no_memory(tmp_path):
    few, many = tmp_path / "few", tmp_path / "many"
    few.mkdir()
    for outer in range(100):
        for inner in range(100):
            (many / str(outer) / str(inner)).mkdir(parents=True)
        for number in range(500):
            (many / str(outer) / f"{'n' * 200}{number}").touch()
    small, large = peak(few), peak(many)
    assert names_in(many) == []
    assert large - small < 4096, f"{small} kB for nothing, {large} kB for 60,000 entries with long names"


def peak(folder: Path) -> int:
    """The most memory that emptying the folder takes, in kB."""
    code = (
        "import resource, sys; from marketplace.site_agent.drivers import emptying;"
        "emptying.empty(sys.argv[1]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    return int(done.stdout)


# Behind the workspace's walls -------------------------------------------------------------------------------------


@pytest.fixture(params=KINDS, ids=lambda walls: walls.value)
def walls(request) -> Walls:
    return request.param


@pytest.fixture
def folders(tmp_path, walls) -> Folders:
    """A workspace's folders as its user leaves them."""
    made = Folders(tmp_path / "workspace")
    for path in (made.home, made.run, made.settings, made.shown):
        path.mkdir(parents=True)
    (made.settings / "jupyter.json").write_text("{}")
    (made.root / "record.json").write_text("{}")
    locked = made.home / "locked"
    (locked / "inner" / "empty").mkdir(parents=True)
    (locked / "inner" / "file").touch()
    nest(made.home, 50)
    if walls is Walls.OWN_USER:
        for path, _names, files in os.walk(made.home):
            give_to(UID, Path(path), *(Path(path) / name for name in files))
        give_to(UID, made.run)
    for path in (locked / "inner" / "file", locked / "inner" / "empty", locked / "inner", locked):
        path.chmod(0)
    return made


@pytest.mark.processes
def test_a_workspaces_folder_goes_with_what_its_user_made_unreadable(folders, walls):
    deletion.delete(folders, walls)
    assert not folders.root.exists()


@AS_ROOT
@pytest.mark.processes
@pytest.mark.parametrize("walls", [Walls.OWN_USER], ids=["own user"])
def test_the_deletion_has_no_more_rights_than_the_workspace_had(folders, walls):
    foreign = folders.home / "foreign"
    foreign.mkdir()
    (foreign / "kept").touch()
    with pytest.raises(NotDeleted, match="Permission denied"):
        deletion.delete(folders, walls)
    assert (foreign / "kept").exists()
    assert (folders.root / "record.json").exists()


@AS_ROOT
@pytest.mark.processes
@pytest.mark.parametrize("walls", [Walls.OWN_USER], ids=["own user"])
def test_files_of_another_user_are_deleted_by_that_user_whatever_walls_stand_now(folders, walls):
    deletion.delete(folders, Walls.NONE)
    assert not folders.root.exists()


@pytest.mark.processes
@pytest.mark.parametrize("walls", [Walls.NONE], ids=["none"])
def test_a_deletion_that_takes_too_long_says_so_and_goes_on_later(folders, walls, monkeypatch):
    monkeypatch.setattr(deletion, "WITHIN_SECONDS", 0.001)
    with pytest.raises(NotDeleted, match="the next attempt goes on"):
        deletion.delete(folders, walls)
    monkeypatch.undo()
    deletion.delete(folders, walls)
    assert not folders.root.exists()
