"""The model of an organisation's export of its own data; the acts stand in actions/data_exports.py."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.models.organisations import Organisation
from portal.accounts.models.people import User
from tenants.acts import Machine, Moves


class DataExportState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("data export", "being written")
    READY = "ready", pgettext_lazy("data export", "ready")
    FAILED = "failed", pgettext_lazy("data export", "failed")
    GONE = "gone", pgettext_lazy("data export", "removed")


class DataExportQuerySet(models.QuerySet["DataExport"]):
    def ready(self) -> Self:
        return self.filter(state=DataExportState.READY, expires_at__gt=timezone.now())


class DataExport(Moves):
    """A file with everything of one organisation, written by a worker, kept privately for seven days."""

    moves = Machine(
        {
            DataExportState.WAITING: {DataExportState.READY, DataExportState.FAILED},
            DataExportState.READY: {DataExportState.GONE},
            DataExportState.FAILED: set(),
            DataExportState.GONE: set(),
        }
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="data_exports")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=DataExportState, default=DataExportState.WAITING)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    """Bytes."""
    sha256 = models.CharField(max_length=64, blank=True)

    objects = DataExportQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(name="one_export_at_a_time", fields=["organisation"], condition=Q(state="waiting")),
            models.CheckConstraint(
                name="ready_export_has_file",
                condition=~Q(state="ready") | Q(ready_at__isnull=False, expires_at__isnull=False, size__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.requested_at:%Y-%m-%d}"

    @property
    def file(self) -> str:
        """Its name in the private storage."""
        return f"data-exports/{self.pk}.zip"

    def can_be_fetched(self) -> bool:
        return self.state == DataExportState.READY and self.expires_at is not None and self.expires_at > timezone.now()
