"""Keys that programs use, and the answers that are kept for their requests."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> Self:
        """Neither revoked nor over, and made by somebody who still answers for it: a closed account does not."""
        valid = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(valid, revoked_at=None, created_by__is_active=True)


class ApiKey(models.Model):
    """A program's key for one organisation: shown once, stored as a keyed hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(max_length=12, unique=True)
    """Public head of the key, for finding it and for telling keys apart."""
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    actor_kind = "key"
    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotentAnswer(models.Model):
    """The final answer to a POST with an `Idempotency-Key`: the same request gets it again.

    409, 429 and 503 are not final and are not stored.
    """

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    request_hash = models.CharField(max_length=64)
    """SHA-256 of method, path and body: another body under the same key is refused."""
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_answer_per_key", fields=["organisation", "key"])]

    def __str__(self) -> str:
        return self.key
