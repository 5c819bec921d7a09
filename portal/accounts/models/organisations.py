"""Organisations that buy and sell."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from portal.accounts.models.people import User
from portal.accounts.uscc import misfit
from portal.web.texts.lines import Line
from tenants import hosts
from tenants.acts import Machine, Moves


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
    code_proof = models.TextField(blank=True, default="", db_default="")
    """What shows that its credit code is registered although a check character does not fit."""
    code_proven_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
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
                name="proof_of_code_has_person", condition=Q(code_proof="") | Q(code_proven_by__isnull=False)
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
    def code_misfit(self) -> str:
        """Which check character of its credit code does not fit, in a sentence; empty where both do."""
        return misfit(self.uscc)

    @property
    def was_verified(self) -> bool:
        """Staff have compared its name with the register, whatever happened later."""
        return self.verified_at is not None

    @property
    def province_answers(self) -> bool:
        """The province it is registered in is open or suspended, so that its host has pages."""
        return hosts.province_of(f"{self.province}.{settings.PARENT_DOMAIN}") is not None
