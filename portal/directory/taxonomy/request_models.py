"""Card models that a provider misses in the national taxonomy, and what national staff answered."""

import uuid
from typing import Self

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation
from portal.web.texts.lines import Line
from tenants.acts import Machine, Moves


class RequestState(models.TextChoices):
    OPEN = "open", pgettext_lazy("request", "waiting for national staff")
    APPROVED = "approved", pgettext_lazy("request", "added to the list")
    REFUSED = "refused", pgettext_lazy("request", "refused")


class CardModelRequestQuerySet(models.QuerySet["CardModelRequest"]):
    def open(self) -> Self:
        return self.filter(state=RequestState.OPEN)


class CardModelRequest(Moves):
    """One missing card model, with the facts the provider gives. FP16 figures are dense."""

    moves = Machine(
        {
            RequestState.OPEN: {RequestState.APPROVED, RequestState.REFUSED},
            RequestState.APPROVED: set(),
            RequestState.REFUSED: set(),
        }
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    vendor = Line(max_length=40)
    name = Line(max_length=60)
    memory_gb = models.PositiveIntegerField()
    fp16_dense_tflops = models.DecimalField(max_digits=8, decimal_places=2)
    domestic = models.BooleanField(default=False)
    source = models.URLField(max_length=300, validators=[URLValidator(schemes=["http", "https"])])
    """Where the vendor states the figures."""
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.OPEN)
    reason = models.TextField(blank=True)
    """Why it was refused."""
    card_model = models.ForeignKey(
        "directory.CardModel", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = CardModelRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(
                name="approved_request_names_its_card_model",
                condition=~Q(state="approved") | Q(card_model__isnull=False),
            ),
            models.CheckConstraint(name="refused_request_has_a_reason", condition=~Q(state="refused") | ~Q(reason="")),
            models.UniqueConstraint(
                name="card_model_asked_for_once", fields=["organisation", "vendor", "name"], condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.name}"
