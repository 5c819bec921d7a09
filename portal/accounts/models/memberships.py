"""Who belongs to which organisation, and invitations to one."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts import permissions
from portal.accounts.models.organisations import Organisation
from portal.accounts.models.people import User
from portal.accounts.roles import MembershipRole, roles_to_give
from tenants.acts import Machine, Moves


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> Self:
        return self.filter(active=True)

    def owners_of(self, organisation: Organisation) -> Self:
        return self.active().filter(organisation=organisation, role=MembershipRole.OWNER)

    def acting_for(self, user: User) -> Self:
        """Memberships the person can act by, oldest first, with their organisations."""
        return self.active().filter(user=user).select_related("organisation").order_by("since", "pk")


class Membership(models.Model):
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=MembershipRole)
    active = models.BooleanField(default=True)
    since = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_membership_each", fields=["user", "organisation"])]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.organisation}"

    def roles_to_give(self) -> list[tuple[str, Any]]:
        return roles_to_give(self.role)


class InvitationState(models.TextChoices):
    OPEN = "open", pgettext_lazy("invitation", "open")
    ACCEPTED = "accepted", pgettext_lazy("invitation", "accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "withdrawn")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        return self.filter(state=InvitationState.OPEN)

    def usable(self) -> Self:
        """Open, in time, and sent by somebody who may still invite: a removed owner lets nobody in."""
        may_invite = permissions.members()["members.manage"]
        inviting = Membership.objects.active().filter(user__is_active=True, role__in=may_invite)
        sender = inviting.filter(user=OuterRef("invited_by"), organisation=OuterRef("organisation"))
        return self.open().filter(Exists(sender), expires_at__gt=timezone.now())


class Invitation(Moves):
    """Bound to one address and consumed only by it; the token is mailed and stored as a keyed hash."""

    moves = Machine(
        {
            InvitationState.OPEN: {InvitationState.ACCEPTED, InvitationState.WITHDRAWN},
            InvitationState.ACCEPTED: set(),
            InvitationState.WITHDRAWN: set(),
        }
    )

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=MembershipRole)
    token_hash = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=InvitationState, default=InvitationState.OPEN)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), "organisation", name="one_open_invitation_each", condition=Q(state="open")
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.organisation}"
