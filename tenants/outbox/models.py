"""Work for the outside world that an act left: the row is the truth, the task only a nudge."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class LetterQuerySet(models.QuerySet["Letter"]):
    def open(self) -> Self:
        return self.filter(done_at=None)

    def due(self) -> Self:
        return self.open().filter(due_at__lte=timezone.now())

    def stuck(self) -> Self:
        """The back-off has reached its longest pause: what still fails then does not mend itself."""
        return self.open().filter(attempts__gte=5)


class Letter(models.Model):
    topic = models.CharField(max_length=60)
    """Name of the task that does the work, for instance `activation.start`."""
    subject_id = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    left_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="outbox_open", fields=["due_at"], condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject_id}"
