"""One row per act, in the schema where it happened; written once, never changed."""

from django.db import models

from tenants.append_only import APPEND_ONLY


class ActorKind(models.TextChoices):
    USER = "user"
    KEY = "key"
    AGENT = "agent"
    SYSTEM = "system"


class Record(models.Model):
    at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    act = models.CharField(max_length=60)
    """Verb of the act, dotted: `order.approved`."""
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor_id = models.CharField(max_length=64, blank=True)
    """User id, key id or agent id; never a name or an address."""
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    facts = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(name="history_subject", fields=["subject_type", "subject_id", "-id"]),
            models.Index(name="history_act", fields=["act", "-id"]),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.act} {self.subject_type} {self.subject_id}"
