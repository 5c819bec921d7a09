"""Work for the outside world: the row is the truth, the task only a nudge."""

import threading
from datetime import timedelta

import pytest
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from tenants import outbox
from tenants.context import in_province
from tenants.outbox.models import Letter
from tenants.outbox.nudge import nudge
from tenants.outbox.tasks import sweep
from tenants.outbox.work import NotNow, taken


def left(subject, topic: str = "tests.work", **more) -> Letter:
    with in_province("shanxi"):
        return outbox.leave(topic, subject, **more)


def state_of(letter: Letter) -> tuple[bool, int, str]:
    letter.refresh_from_db()
    return letter.done_at is not None, letter.attempts, letter.last_error


@pytest.fixture
def sent(monkeypatch) -> list[tuple[str, list]]:
    """What was handed to the broker, instead of a broker."""
    found: list[tuple[str, list]] = []
    monkeypatch.setattr(type(current_app._get_current_object()), "send_task", _noting(found))
    return found


def _noting(found):
    def send_task(self, name, args=None, **options):
        found.append((name, list(args)))

    return send_task


def test_a_letter_is_nudged_when_its_act_is_committed_and_not_before(shanxi, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        letter = left(shanxi, cards=4)
        assert sent == []
    assert sent == [("tests.work", ["shanxi", letter.pk])]
    assert (letter.subject_id, letter.payload) == (str(shanxi.pk), {"cards": 4})


def test_an_act_that_is_rolled_back_leaves_no_letter_and_no_nudge(shanxi, sent, django_capture_on_commit_callbacks):
    @transaction.atomic
    def act() -> None:
        left(shanxi)
        raise RuntimeError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError):
        act()
    with in_province("shanxi"):
        assert Letter.objects.count() == 0
    assert sent == []


def test_a_letter_that_is_due_later_waits_for_the_sweeper(shanxi, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        letter = left(shanxi, due_at=timezone.now() + timedelta(minutes=1))
    assert sweep() == 0
    with in_province("shanxi"):
        Letter.objects.filter(pk=letter.pk).update(due_at=timezone.now())
    assert sweep() == 1
    assert sent == [("tests.work", ["shanxi", letter.pk])]


def test_the_sweeper_finds_what_is_due_in_every_province(shanxi, henan, sent):
    wanted = []
    for slug in ("shanxi", "henan", "nation"):
        with in_province(slug):
            wanted.append(("tests.work", [slug, outbox.leave("tests.work", shanxi).pk]))
    with in_province("shanxi"), taken(outbox.leave("tests.done", shanxi).pk):
        pass
    assert sweep() == 3
    assert sorted(sent) == sorted(wanted)


def test_a_letter_is_worked_on_once(shanxi):
    letter = left(shanxi)
    with in_province("shanxi"):
        with taken(letter.pk) as first:
            assert first == letter
        with taken(letter.pk) as again:
            assert again is None
        assert state_of(letter) == (True, 0, "")


def test_not_now_rolls_the_work_back_and_puts_the_letter_off_longer_each_time(shanxi):
    letter = left(shanxi)
    waits = []
    with in_province("shanxi"):
        for _attempt in range(7):
            with taken(letter.pk) as found:
                found.payload = {"half": "done"}
                found.save()
                raise NotNow("the provider answered 503")
            letter.refresh_from_db()
            waits.append(round((letter.due_at - timezone.now()).total_seconds()))
        assert waits == [5, 15, 60, 180, 300, 300, 300]
        assert state_of(letter) == (False, 7, "the provider answered 503")
        assert letter.payload == {}


def test_an_unforeseen_error_puts_off_too_and_is_raised_on(shanxi):
    letter = left(shanxi)
    with in_province("shanxi"):
        with pytest.raises(ZeroDivisionError), taken(letter.pk):
            _ = 1 / 0
        assert state_of(letter) == (False, 1, "ZeroDivisionError: division by zero")


def test_two_workers_never_hold_one_letter(race_database):
    from tenants.models import Province

    letter = left(Province.objects.get(schema_name="shanxi"))
    others: list[Letter | None] = []

    def second() -> None:
        with in_province("shanxi"), taken(letter.pk) as found:
            others.append(found)
        connection.close()

    with in_province("shanxi"), taken(letter.pk) as held:
        assert held == letter
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(20)
    assert others == [None]
    with in_province("shanxi"):
        assert state_of(letter) == (True, 0, "")


def test_a_broker_that_is_down_costs_the_nudge_but_not_the_act(shanxi, monkeypatch, django_capture_on_commit_callbacks):
    with current_app.connection_for_write("amqp://127.0.0.1:1//", connect_timeout=1) as nowhere:
        send = type(current_app._get_current_object()).send_task
        monkeypatch.setattr(
            type(current_app._get_current_object()),
            "send_task",
            lambda self, name, **options: send(self, name, **options, connection=nowhere),
        )
        with django_capture_on_commit_callbacks(execute=True):
            letter = left(shanxi)
        assert nudge("shanxi", letter.pk, "tests.work") is False
    with in_province("shanxi"):
        assert state_of(letter) == (False, 0, "")
        assert list(Letter.objects.due()) == [letter]
