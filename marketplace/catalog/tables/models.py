"""Files between their dry run and their import."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from portal.accounts.models import User
from portal.web.texts.lines import Line

KEPT_FOR = timedelta(hours=1)


class TableUploadQuerySet(models.QuerySet["TableUpload"]):
    def usable_by(self, user: User) -> Self:
        """What the person has uploaded and may still import; a colleague uploads his own."""
        return self.filter(uploaded_by=user, created_at__gt=timezone.now() - KEPT_FOR)

    def expired(self) -> Self:
        return self.filter(created_at__lte=timezone.now() - KEPT_FOR)


class TableUpload(models.Model):
    """A file that was checked and waits for its import: of one person, for one provider, for one hour."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey("catalog.Provider", on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    name = Line(max_length=120)
    data = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    """Of `data`, as shown when it was checked; compared when it is imported."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TableUploadQuerySet.as_manager()

    class Meta:
        app_label = "catalog"

    def __str__(self) -> str:
        return self.name

    @property
    def usable_until(self) -> datetime:
        return self.created_at + KEPT_FOR
