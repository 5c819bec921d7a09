"""Work that nobody does any more unless a person decides, named by `manage.py doctor`."""

from collections.abc import Iterator

from tenants.outbox.models import Letter

NAMED = 5


def findings_in_province() -> Iterator[str]:
    waiting = Letter.objects.given_up().order_by("given_up_at")
    for letter in waiting[:NAMED]:
        yield f"Letter {letter.pk} ({letter.topic}) waits for an operator, last attempt: {letter.last_error[:160]}"
    more = waiting.count() - NAMED
    if more > 0:
        yield f"{more} more letters wait for an operator; see the outbox on the staff site."
