"""People, organisations, who belongs where, and who may act for the platform. Here Django finds the other models."""

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from portal.accounts.models.keys import ApiKey, IdempotentAnswer
from portal.accounts.models.roles import GrantState, Role, RoleGrant, StaffRole
from portal.web.lines import Line
from tenants import hosts
from tenants.acts import Machine, Moves

__all__ = ["ApiKey", "GrantState", "IdempotentAnswer", "Role", "RoleGrant", "StaffRole"]


class UserManager(DjangoUserManager["User"]):
    """Users are known by their e-mail address, compared without case."""

    def _create_user(self, email: str, password: str | None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        return self._create_user(email, password, **extra)

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        return self._create_user(email, password, is_superuser=True, is_staff=True, **extra)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractUser):
    """A person. Rights come from memberships and staff roles, never from `is_superuser`."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = Line(_("name"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    """In which the portal writes to the person; empty until one is chosen, and then e-mails say all in both."""
    sample = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    actor_kind = "user"
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_without_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Only the table of roles answers: neither `is_superuser` nor Django's own permission rows do."""
        from portal.accounts.backends import RoleBackend  # reads StaffRole, below

        return RoleBackend().has_perm(self, perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        from portal.accounts.backends import RoleBackend  # as above

        return RoleBackend().has_module_perms(self, app_label)


class OrganisationKind(models.TextChoices):
    BUYER = "buyer", pgettext_lazy("organisation", "buyer")
    PROVIDER = "provider", pgettext_lazy("organisation", "provider")
    UNIVERSITY = "university", pgettext_lazy("organisation", "university")


class OrganisationState(models.TextChoices):
    UNVERIFIED = "unverified", pgettext_lazy("organisation", "not yet submitted")
    PENDING = "pending", pgettext_lazy("organisation", "waiting for verification")
    VERIFIED = "verified", pgettext_lazy("organisation", "verified")
    REJECTED = "rejected", pgettext_lazy("organisation", "returned for correction")
    SUSPENDED = "suspended", pgettext_lazy("organisation", "suspended")


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def awaiting_verification(self) -> Self:
        return self.filter(state=OrganisationState.PENDING).order_by("submitted_at")

    def visible_to(self, user: User) -> Self:
        return self.filter(memberships__user=user, memberships__active=True)


class Organisation(Moves):
    """Buyer, provider or university (企业 / 机构), verified once, valid in every province."""

    moves = Machine(
        {
            OrganisationState.UNVERIFIED: {OrganisationState.PENDING},
            OrganisationState.PENDING: {OrganisationState.VERIFIED, OrganisationState.REJECTED},
            OrganisationState.REJECTED: {OrganisationState.PENDING},
            OrganisationState.VERIFIED: {OrganisationState.SUSPENDED},
            OrganisationState.SUSPENDED: {OrganisationState.VERIFIED},
        }
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    uscc = models.CharField(_("unified social credit code"), max_length=18, unique=True)
    name_zh = Line(_("registered name"), max_length=120)
    name_en = Line(_("English name"), max_length=160, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=OrganisationKind, default=OrganisationKind.BUYER)
    province = models.SlugField(_("province of registration"), max_length=63, blank=True)
    state = models.CharField(max_length=12, choices=OrganisationState, default=OrganisationState.UNVERIFIED)
    rejection_reason = models.TextField(blank=True)
    suspension_reason = models.TextField(blank=True, default="", db_default="")
    """Why it is suspended; empty while it is not."""
    submitted_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    purchase_limit_u = models.BigIntegerField(null=True, blank=True)
    """Most one purchase may cost, micro-yuan; empty means no limit."""
    monthly_limit_u = models.BigIntegerField(null=True, blank=True)
    sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name_zh"]
        constraints = [
            models.CheckConstraint(
                name="verified_organisation_has_time", condition=~Q(state="verified") | Q(verified_at__isnull=False)
            ),
            models.CheckConstraint(
                name="rejected_organisation_has_reason", condition=~Q(state="rejected") | ~Q(rejection_reason="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        english = (get_language() or "").startswith("en")
        return self.name_en if english and self.name_en else self.name_zh

    @property
    def was_verified(self) -> bool:
        """Staff have compared its name with the register, whatever happened later."""
        return self.verified_at is not None

    @property
    def province_answers(self) -> bool:
        """The province it is registered in is open or suspended, so that its host has pages."""
        return hosts.province_of(f"{self.province}.{settings.PARENT_DOMAIN}") is not None


class MembershipRole(models.TextChoices):
    OWNER = "owner", pgettext_lazy("membership", "owner")
    APPROVER = "approver", pgettext_lazy("membership", "approver")
    BUYER = "buyer", pgettext_lazy("membership", "buyer")
    FINANCE = "finance", pgettext_lazy("membership", "finance")
    VIEWER = "viewer", pgettext_lazy("membership", "viewer")


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


class InvitationState(models.TextChoices):
    OPEN = "open", pgettext_lazy("invitation", "open")
    ACCEPTED = "accepted", pgettext_lazy("invitation", "accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "withdrawn")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        return self.filter(state=InvitationState.OPEN)

    def usable(self) -> Self:
        """Open, in time, and sent by somebody who may still invite: a removed owner lets nobody in."""
        from portal.accounts.permissions import MEMBERS  # that module imports this one

        inviting = Membership.objects.active().filter(user__is_active=True, role__in=MEMBERS["members.manage"])
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
