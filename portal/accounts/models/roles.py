"""Roles of staff, and how a person comes to one: asked for, confirmed by a second operator, accepted by the person."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.roles import Role
from tenants.acts import Machine, Moves

OFFER_VALID_FOR = timedelta(days=7)


class StaffRoleQuerySet(models.QuerySet["StaffRole"]):
    def active(self) -> Self:
        return self.filter(active=True)


class StaffRole(models.Model):
    """A person's role in one province, or at the nation (`province` = "nation")."""

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="staff_roles")
    province = models.SlugField(max_length=63)
    role = models.CharField(max_length=12, choices=Role)
    active = models.BooleanField(default=True)
    since = models.DateTimeField(default=timezone.now, editable=False)

    objects = StaffRoleQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_role_each", fields=["user", "province", "role"])]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.province}"


class GrantState(models.TextChoices):
    AWAITING_SECOND = "awaiting_second", pgettext_lazy("grant", "waits for a second operator")
    OFFERED = "offered", pgettext_lazy("grant", "waits for the person")
    ACCEPTED = "accepted", pgettext_lazy("grant", "accepted")
    REFUSED = "refused", pgettext_lazy("grant", "refused")
    DECLINED = "declined", pgettext_lazy("grant", "declined by the person")


UNDECIDED = [GrantState.AWAITING_SECOND, GrantState.OFFERED]
SIGNING_ROLES = [Role.OPERATOR, Role.FINANCE]
"""Roles with a right of `signing.SIGNATURES`, as the database's constraint needs them; a test compares."""


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def undecided(self) -> Self:
        return self.filter(state__in=UNDECIDED)

    def awaiting_second(self) -> Self:
        return self.filter(state=GrantState.AWAITING_SECOND)

    def offered(self) -> Self:
        """Waiting for the person, and not for longer than an offer is valid."""
        return self.filter(state=GrantState.OFFERED, offered_at__gt=timezone.now() - OFFER_VALID_FOR)

    def accepted_since(self, moment: datetime) -> Self:
        return self.filter(state=GrantState.ACCEPTED, decided_at__gt=moment)


class RoleGrant(Moves):
    """A staff role on its way to a person. Roles that the command line gives have none."""

    moves = Machine(
        {
            GrantState.AWAITING_SECOND: {GrantState.OFFERED, GrantState.DECLINED, GrantState.REFUSED},
            GrantState.OFFERED: {GrantState.ACCEPTED, GrantState.DECLINED, GrantState.REFUSED},
            GrantState.ACCEPTED: set(),
            GrantState.REFUSED: set(),
            GrantState.DECLINED: set(),
        }
    )

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="role_grants")
    province = models.SlugField(max_length=63)
    role = models.CharField(max_length=12, choices=Role)
    state = models.CharField(max_length=15, choices=GrantState, default=GrantState.AWAITING_SECOND)
    requested_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    offered_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    """When it was accepted, declined or refused."""
    reason = models.TextField(blank=True)
    """Why it was refused."""

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_grant_each",
                fields=["user", "province", "role"],
                condition=Q(state__in=["awaiting_second", "offered"]),
            ),
            models.CheckConstraint(
                name="grant_by_others",
                condition=~Q(requested_by=F("user"))
                & (Q(confirmed_by=None) | (~Q(confirmed_by=F("user")) & ~Q(confirmed_by=F("requested_by")))),
            ),
            models.CheckConstraint(
                name="signing_role_has_second_operator",
                condition=~Q(state__in=["offered", "accepted"], role__in=["operator", "finance"])
                | Q(confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="offered_grant_has_time", condition=~Q(state__in=["offered", "accepted"]) | ~Q(offered_at=None)
            ),
            models.CheckConstraint(
                name="decided_grant_has_time",
                condition=Q(state__in=["awaiting_second", "offered"]) | ~Q(decided_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.province}"
