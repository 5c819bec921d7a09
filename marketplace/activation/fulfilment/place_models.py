"""How many probes of one agent's workspaces run at the same time."""

from django.db import models
from django.db.models import Q

NUMBERS = (1, 2)
"""Two: slow workspaces of one agent leave room for those of all others."""


class ProbePlace(models.Model):
    """One of the two places that an agent has for probes, and who holds it until when.

    The end frees the place of a worker that died.
    """

    agent = models.ForeignKey("activation.Agent", on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    resource = models.ForeignKey("activation.Resource", on_delete=models.CASCADE, null=True, related_name="+")
    holder = models.UUIDField(null=True)
    """Drawn anew by each probe: a probe that outlived its place does not free that of its successor."""
    held_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="probe_place_is_one", fields=["agent", "number"]),
            models.CheckConstraint(name="two_probe_places_per_agent", condition=Q(number__in=NUMBERS)),
            models.CheckConstraint(
                name="held_probe_place_says_by_whom",
                condition=Q(held_until=None) | Q(resource__isnull=False, holder__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.number}"
