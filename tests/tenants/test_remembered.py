"""One reads while the others go on: nobody waits for a thread that may want the database connection they hold."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tenants import remembered
from tenants.remembered import Remembered

SOON = 10


class Read:
    """Counts up; a read that was told to stop waits in the middle."""

    def __init__(self) -> None:
        self.number = 0
        self.began, self.may_end = threading.Event(), threading.Event()
        self.may_end.set()

    def __call__(self, replaced: int | None) -> int:
        self.number += 1
        mine = self.number
        if not self.may_end.is_set() and not self.began.is_set():
            self.began.set()
            assert self.may_end.wait(SOON)
        return mine


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [100.0]
    monkeypatch.setattr(remembered.time, "monotonic", lambda: now[0])

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


@contextmanager
def somebody_reads(kept: Remembered[int], read: Read) -> Iterator[Future[int]]:
    """A thread that is in the middle of a read until the block ends."""
    read.may_end.clear()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(kept.get)
        assert read.began.wait(SOON)
        try:
            yield reading
        finally:
            read.may_end.set()


def test_a_value_is_read_once_until_it_is_old(clock):
    read = Read()
    kept = Remembered(read, seconds=5.0)
    assert (kept.get(), kept.get()) == (1, 1)
    clock(4.9)
    assert kept.get() == 1
    clock(0.2)
    assert (kept.get(), kept.get()) == (2, 2)
    kept.forget()
    assert kept.get() == 3


def test_while_one_reads_the_others_go_on_with_what_there_is(clock):
    read = Read()
    kept = Remembered(read, seconds=5.0)
    kept.get()
    clock(6)
    with somebody_reads(kept, read) as reading:
        assert kept.get() == 1
    assert reading.result() == kept.get() == 2


def test_where_there_is_nothing_the_others_wait_for_the_first(clock):
    read = Read()
    kept = Remembered(read, seconds=5.0)
    with ThreadPoolExecutor(1) as others:
        with somebody_reads(kept, read):
            waiting = others.submit(kept.get)
        assert (waiting.result(), read.number) == (1, 1)


@pytest.mark.parametrize("before", ["nothing", "too old", "forgotten"])
def test_they_do_not_wait_for_long_but_read_themselves(clock, before, monkeypatch):
    monkeypatch.setattr(remembered, "PATIENCE_SECONDS", 0.01)
    read = Read()
    kept = Remembered(read, seconds=5.0)
    if before != "nothing":
        kept.get()
        clock(10.1)
    if before == "forgotten":
        kept.forget()
    with somebody_reads(kept, read):
        assert kept.get() == read.number


def test_what_was_being_read_when_it_was_forgotten_is_not_kept(clock):
    read = Read()
    kept = Remembered(read, seconds=5.0)
    with somebody_reads(kept, read) as reading:
        kept.forget()
    assert (reading.result(), kept.get()) == (1, 2)


def test_what_was_begun_later_is_kept(clock, monkeypatch):
    monkeypatch.setattr(remembered, "PATIENCE_SECONDS", 0.01)
    read = Read()
    kept = Remembered(read, seconds=5.0)
    with somebody_reads(kept, read) as reading:
        clock(1)
        assert kept.get() == 2
    assert (reading.result(), kept.get()) == (1, 2)


def test_a_read_that_fails_is_tried_again(clock):
    answers = iter([ValueError("no connection"), 7])

    def read(_replaced: int | None) -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    kept = Remembered(read, seconds=5.0)
    with pytest.raises(ValueError, match="no connection"):
        kept.get()
    assert kept.get() == 7
