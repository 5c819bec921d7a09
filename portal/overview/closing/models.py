"""The closing of a province by two people: asked for by one operator, confirmed by another."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User
from tenants.acts import Machine, Moves


class ClosingState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("closing", "waits for a second operator")
    DONE = "done", pgettext_lazy("closing", "closed")
    DROPPED = "dropped", pgettext_lazy("closing", "dropped")


class ProvinceClosingQuerySet(models.QuerySet["ProvinceClosing"]):
    def asked(self) -> Self:
        return self.filter(state=ClosingState.ASKED)


class ProvinceClosing(Moves):
    moves = Machine(
        {
            ClosingState.ASKED: {ClosingState.DONE, ClosingState.DROPPED},
            ClosingState.DONE: set(),
            ClosingState.DROPPED: set(),
        }
    )

    province = models.SlugField(max_length=63)
    state = models.CharField(max_length=7, choices=ClosingState, default=ClosingState.ASKED)
    reason = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    """When the province was closed, or the closing dropped."""

    objects = ProvinceClosingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_closing_each", fields=["province"], condition=Q(state="asked")),
            models.CheckConstraint(name="closing_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="closing_by_two_people", condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("asked_by"))
            ),
        ]

    def __str__(self) -> str:
        return self.province
