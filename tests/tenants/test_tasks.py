"""A task runs in the province it names, and never on `public`."""

import pytest
from celery import shared_task
from structlog.testing import capture_logs

from tenants.context import current_province, in_province
from tenants.tasks import ProvinceTask, one_by_one


@shared_task(base=ProvinceTask, name="tests.where")
def where(schema: str, *more: str) -> tuple[str, ...]:
    return (schema, current_province(), *more)


def test_a_task_runs_in_its_province_and_returns(db):
    with in_province("henan"):
        assert where("shanxi", "with", "arguments") == ("shanxi", "shanxi", "with", "arguments")
        assert current_province() == "henan"
    assert current_province() == "public"


@pytest.mark.parametrize("schema", ["public", "", None])
def test_a_task_without_a_province_is_refused_by_name(schema):
    with pytest.raises(ValueError, match=r"tests\.where needs a province"):
        where(schema)


def test_a_task_that_fails_leaves_its_province(db):
    @shared_task(base=ProvinceTask, name="tests.failing")
    def failing(schema: str) -> None:
        raise RuntimeError(current_province())

    with pytest.raises(RuntimeError, match="shanxi"):
        failing("shanxi")
    assert current_province() == "public"


def test_one_that_fails_is_logged_and_keeps_nobody_waiting():
    def halve(number: int) -> bool:
        if number == 2:
            raise RuntimeError
        return number > 1

    with capture_logs() as logged:
        assert one_by_one(halve, [1, 2, 3, 4]) == 2
    assert [(row["event"], row["act"], row["subject"]) for row in logged] == [("not_done", "halve", "2")]


def test_every_task_of_ours_is_late_to_acknowledge_and_province_tasks_name_their_province():
    from portal.celery import app

    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "tests."))}
    assert {name for name, task in ours.items() if not task.acks_late} == set()
    national = {name for name, task in ours.items() if not isinstance(task, ProvinceTask)}
    assert "outbox.sweep" in national
    assert {"activation.start", "activation.revoke"} <= set(ours) - national
