"""Keys that programs use, and the answers that are kept for their requests."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from portal.accounts.models.memberships import Membership
from portal.web.texts.lines import Line


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def standing(self) -> Self:
        """Neither revoked nor over; it works only while its maker belongs to the organisation."""
        valid = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(valid, revoked_at=None)

    def with_maker_role(self) -> Self:
        """Reads with each key the role its maker has in the organisation now; None if the maker has left it."""
        held = Membership.objects.active().filter(user__is_active=True)
        of_maker = held.filter(user=OuterRef("created_by"), organisation=OuterRef("organisation"))
        return self.annotate(maker_role=Subquery(of_maker.values("role")[:1]))

    def usable(self) -> Self:
        """Standing, and made by somebody who belongs to the organisation now."""
        return self.standing().with_maker_role().filter(maker_role__isnull=False)


class ApiKey(models.Model):
    """A program's key for one organisation: shown once, stored as a keyed hash.

    It can do what its scopes and its maker's role both allow at the time of the request, so it loses at once what
    its maker loses. It does not pass to the organisation: nobody answers for what a removed maker chose.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="api_keys")
    name = Line(_("name"), max_length=60)
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

    @cached_property
    def maker_role(self) -> str | None:
        """Role of its maker in the organisation now; None if the maker has left it."""
        memberships = self.created_by.memberships.filter(organisation=self.organisation_id, active=True)
        return memberships.values_list("role", flat=True).first() if self.created_by.is_active else None


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
