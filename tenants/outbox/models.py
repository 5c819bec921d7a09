"""Work for the outside world that an act left: the row is the truth, the task only a nudge."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class LetterQuerySet(models.QuerySet["Letter"]):
    def open(self) -> Self:
        return self.filter(done_at=None)

    def due(self) -> Self:
        return self.open().filter(due_at__lte=timezone.now(), given_up_at=None)

    def stuck(self) -> Self:
        """Failed five times: what still fails then seldom mends itself."""
        return self.open().filter(attempts__gte=5)

    def given_up(self) -> Self:
        """Nobody tries any more until a person decides."""
        return self.open().filter(given_up_at__isnull=False)


class Letter(models.Model):
    topic = models.CharField(max_length=60)
    """Name of the task that does the work, for instance `activation.start`."""
    subject_id = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    left_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    """The last attempt failed and no other follows by itself."""
    last_error = models.TextField(blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="outbox_open", fields=["due_at"], condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject_id}"
