"""Working on a letter: locked while in hand, done once, put off with a back-off when it fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import history
from tenants.acts import require
from tenants.context import current_province
from tenants.outbox.models import Letter
from tenants.outbox.nudge import nudge


@dataclass(frozen=True)
class Patience:
    """How long failed work is tried again."""

    pauses: tuple[int, ...]
    """Seconds before each further attempt."""
    ends: bool = False
    """After the last pause nobody tries again until a person decides; otherwise the last pause repeats for ever."""


ENDLESS = Patience((5, 15, 60, 180, 300))
A_DAY = Patience((5, 15, 60, 180, 300, 900, 3_600, 10_800, 21_600, 43_200), ends=True)


class NotNow(Exception):
    """The work could not be done now; the letter is put off and stays open."""


class Busy(Exception):
    """Nothing was tried, because too many of its kind are being worked on; the letter is due again in 5 s."""


@contextmanager
def taken(letter_id: int, patience: Patience = ENDLESS) -> Iterator[Letter | None]:
    """Lock an open letter and mark it done when the block ends well; None if it is done or in other hands.

    `NotNow` rolls the block back and puts the letter off; any other error does so too and is raised on.
    """
    try:
        with transaction.atomic():
            waiting = Letter.objects.open().filter(given_up_at=None)
            letter = waiting.select_for_update(skip_locked=True).filter(pk=letter_id).first()
            yield letter
            if letter is not None:
                letter.done_at = timezone.now()
                letter.save(update_fields=["done_at", "due_at", "payload"])
    except Busy:
        Letter.objects.open().filter(pk=letter_id).update(due_at=timezone.now() + timedelta(seconds=5))
    except NotNow as reason:
        put_off(letter_id, str(reason), patience)
    except Exception as error:
        put_off(letter_id, f"{type(error).__name__}: {error}", patience)
        raise


def deliver_now(letter_id: int, *, by: Any) -> None:
    """A person asks for an open letter to be worked on at once. Raises `Refusal` if it is done."""
    with transaction.atomic():
        letter = _undelivered(letter_id)
        letter.due_at, letter.given_up_at = timezone.now(), None
        letter.save(update_fields=["due_at", "given_up_at"])
        history.record("letter.retried", letter, by=by, topic=letter.topic)
        province, topic = current_province(), letter.topic
        transaction.on_commit(lambda: nudge(province, letter_id, topic))


def set_aside(letter_id: int, *, by: Any) -> None:
    """A person decides that a letter nobody tries any more stays undone; its content is removed. Raises `Refusal`."""
    with transaction.atomic():
        letter = _undelivered(letter_id)
        require(
            letter.given_up_at is not None,
            _("The portal still tries to deliver this letter by itself. Nothing was changed."),
            "still_tried",
        )
        letter.done_at, letter.payload = timezone.now(), {}
        letter.save(update_fields=["done_at", "payload"])
        history.record("letter.set_aside", letter, by=by, topic=letter.topic)


def _undelivered(letter_id: int) -> Letter:
    letter = Letter.objects.select_for_update().get(pk=letter_id)
    require(letter.done_at is None, _("This letter was delivered already. Nothing was changed."), "delivered")
    return letter


def postpone(letter_id: int, wait: timedelta) -> None:
    """Keep the sweeper away while the letter is in hand or waits its turn; that is no failed attempt."""
    Letter.objects.open().filter(pk=letter_id).update(due_at=timezone.now() + wait)


def put_off(letter_id: int, reason: str, patience: Patience = ENDLESS) -> None:
    """Count the attempt; the letter is due again after the next pause, or given up after the last one."""
    with transaction.atomic():
        letter = Letter.objects.select_for_update().filter(pk=letter_id, done_at=None).first()
        if letter is None:
            return
        now = timezone.now()
        if patience.ends and letter.attempts >= len(patience.pauses):
            letter.given_up_at = now
        else:
            letter.due_at = now + timedelta(seconds=patience.pauses[min(letter.attempts, len(patience.pauses) - 1)])
        letter.attempts += 1
        letter.last_error = reason[:2000]
        letter.save(update_fields=["attempts", "due_at", "given_up_at", "last_error"])
