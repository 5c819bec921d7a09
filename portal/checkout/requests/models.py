"""Questions about offers to their providers, and the answers.

An offer may be withdrawn while its question lives: the row keeps its names and its place.
"""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.accounts.models import Membership, Organisation, User
from portal.directory.models import by_language

LONGEST = 2000
"""Characters of a question and of an answer."""


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    def visible_to(self, user: User) -> Self:
        """Questions of the person's organisations, and questions to them."""
        mine = Membership.objects.active().filter(user=user).values("organisation")
        return self.filter(Q(organisation__in=mine) | Q(provider__in=mine))

    def unanswered(self) -> Self:
        return self.filter(answered_at=None)


class Enquiry(models.Model):
    """One question of an organisation about one offer, answered once by its provider."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="enquiries")
    provider = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    offer = models.UUIDField()
    """The offer's uuid in its province."""
    province = models.SlugField(max_length=63)
    slug = models.SlugField(max_length=80)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    question = models.TextField(max_length=LONGEST)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    answer = models.TextField(max_length=LONGEST, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="answered_enquiry_has_answer",
                condition=Q(answered_at=None, answered_by=None, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
            ),
            models.CheckConstraint(name="nobody_asks_itself", condition=~Q(organisation=models.F("provider"))),
        ]
        indexes = [
            models.Index(name="enquiries_of_organisation", fields=["organisation", "-created_at"]),
            models.Index(name="enquiries_to_provider", fields=["provider", "-created_at"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return by_language(self.name_zh, self.name_en)
