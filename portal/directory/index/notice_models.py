"""Public notices of all provinces."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import pgettext_lazy

from portal.directory.taxonomy.models import by_language
from tenants.models import Province


class NoticeOutcome(models.TextChoices):
    RUNNING = "running", pgettext_lazy("notice", "on notice")
    APPROVED = "approved", pgettext_lazy("notice", "approved")
    REFUSED = "refused", pgettext_lazy("notice", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("notice", "withdrawn")


class NoticeQuerySet(models.QuerySet["NoticeIndex"]):
    def running(self) -> Self:
        return self.filter(outcome=NoticeOutcome.RUNNING).order_by("ends_at")

    def ended_since(self, moment: datetime) -> Self:
        return self.exclude(outcome=NoticeOutcome.RUNNING).filter(ends_at__gte=moment).order_by("-ends_at", "id")


class NoticeIndex(models.Model):
    """A public notice (公示) of an applicant that a province has approved; written in that act's transaction (I7)."""

    id = models.UUIDField(primary_key=True, editable=False)
    """The application's uuid in its province."""
    province = models.SlugField(max_length=63)
    applicant_zh = models.CharField(max_length=120)
    applicant_en = models.CharField(max_length=160, blank=True)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=NoticeOutcome)

    place: Province
    """The province, set by the pages."""

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="notices_by_outcome", fields=["outcome", "ends_at"])]

    def __str__(self) -> str:
        return self.applicant

    @property
    def applicant(self) -> str:
        return by_language(self.applicant_zh, self.applicant_en)
