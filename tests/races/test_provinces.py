"""Two people at one province: it is opened once, and restored by one at a time while nobody changes its state."""

import pytest

from tenants.actions import backup_province, close_province, open_province, resume_province
from tenants.acts import Refusal
from tenants.backups import restoring
from tenants.backups.restoring import restore_province
from tenants.context import in_province
from tenants.history.models import Record
from tenants.models import Province
from tenants.schemas import replay
from tests.races.together import after, paused_after, together


@pytest.fixture
def data_dir(race_database, tmp_path, settings):
    settings.DATA_DIR = tmp_path


def state_of(slug: str) -> str:
    return Province.objects.get(schema_name=slug).state


def test_a_province_is_opened_once(race_database, monkeypatch):
    begun = paused_after(monkeypatch, replay, "replay")
    first, second = together(lambda: open_province("guizhou"), after(begun, lambda: open_province("guizhou")))
    assert (first.slug, getattr(second, "code", second)) == ("guizhou", "already_open")


@pytest.mark.usefixtures("data_dir")
def test_one_restores_at_a_time(monkeypatch):
    file = backup_province("shanxi").path
    begun = paused_after(monkeypatch, restoring, "_load")
    first, second = together(
        lambda: restore_province("shanxi", file), after(begun, lambda: restore_province("shanxi", file))
    )
    assert getattr(second, "code", second) == "restoring"
    assert (first.notes, state_of("shanxi")) == ([], "open")
    restore_province("shanxi", file)


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize(("act", "state"), [(resume_province, "open"), (close_province, "closed")])
def test_a_province_whose_state_is_changed_meanwhile_is_not_restored(monkeypatch, act, state):
    file = backup_province("shanxi").path
    begun = paused_after(monkeypatch, restoring, "_load")
    answer, _province = together(lambda: restore_province("shanxi", file), after(begun, lambda: act("shanxi")))
    assert isinstance(answer, Refusal)
    assert (answer.code, state_of("shanxi")) == ("wrong_state", state)
    with in_province("nation"):
        assert not Record.objects.filter(act="province.restored").exists()
    assert [replay.exists(name) for name in ("restored_shanxi", "replaced_shanxi")] == [False, False]
