"""Working on a letter: locked while in hand, done once, put off with a back-off when it fails."""

from collections.abc import Iterator
from contextlib import contextmanager
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

BACK_OFF_SECONDS = (5, 15, 60, 180, 300)


class NotNow(Exception):
    """The work could not be done now; the letter is put off and stays open."""


@contextmanager
def taken(letter_id: int) -> Iterator[Letter | None]:
    """Lock an open letter and mark it done when the block ends well; None if it is done or in other hands.

    `NotNow` rolls the block back and puts the letter off; any other error does so too and is raised on.
    """
    try:
        with transaction.atomic():
            letter = Letter.objects.select_for_update(skip_locked=True).filter(pk=letter_id, done_at=None).first()
            yield letter
            if letter is not None:
                letter.done_at = timezone.now()
                letter.save(update_fields=["done_at", "due_at", "payload"])
    except NotNow as reason:
        put_off(letter_id, str(reason))
    except Exception as error:
        put_off(letter_id, f"{type(error).__name__}: {error}")
        raise


def deliver_now(letter_id: int, *, by: Any) -> None:
    """A person asks for an open letter to be worked on at once. Raises `Refusal` if it is done."""
    with transaction.atomic():
        letter = Letter.objects.select_for_update().get(pk=letter_id)
        require(letter.done_at is None, _("This letter was delivered already. Nothing was changed."), "delivered")
        letter.due_at = timezone.now()
        letter.save(update_fields=["due_at"])
        history.record("letter.retried", letter, by=by, topic=letter.topic)
        province, topic = current_province(), letter.topic
        transaction.on_commit(lambda: nudge(province, letter_id, topic))


def put_off(letter_id: int, reason: str) -> None:
    """Count the attempt and make the letter due again after 5 s, 15 s, 1 min, 3 min, then every 5 min."""
    with transaction.atomic():
        letter = Letter.objects.select_for_update().filter(pk=letter_id, done_at=None).first()
        if letter is None:
            return
        wait = BACK_OFF_SECONDS[min(letter.attempts, len(BACK_OFF_SECONDS) - 1)]
        letter.attempts += 1
        letter.due_at = timezone.now() + timedelta(seconds=wait)
        letter.last_error = reason[:2000]
        letter.save(update_fields=["attempts", "due_at", "last_error"])
