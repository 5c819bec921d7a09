"""A trouble that comes again and again is one line and a count."""

import logging

from marketplace.site_agent.complaints import TELL_AGAIN_SECONDS, Complaints


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def stumbled() -> OSError:
    try:
        raise OSError("no space\nleft")
    except OSError as error:
        return error


def test_a_trouble_is_told_once_and_then_counted(caplog):
    clock, log = Clock(), logging.getLogger("suanli-agent.test")
    complaints = Complaints(log, clock)
    for _second in range(100):
        complaints.note("Removing a", stumbled())
        clock.now += 1
    complaints.note("Removing b", stumbled())
    complaints.note("Removing a", ValueError())
    clock.now += TELL_AGAIN_SECONDS
    complaints.note("Removing a", stumbled())
    lines = [record.message for record in caplog.records]
    assert [line.partition(",")[0] for line in lines] == [
        "Removing a failed: OSError: no space left",
        "Removing b failed: OSError: no space left",
        "Removing a failed: ValueError",
        "Removing a failed: OSError: no space left",
    ]
    assert "test_complaints.py:" in lines[0]
    assert lines[-1].endswith("(99 more times since the last such line)")
    assert all(record.exc_info is None for record in caplog.records)
