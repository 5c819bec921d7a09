"""One row per act, in the schema where it happened; written once, never changed; and the seals over these rows.

Triggers stop everybody but a superuser, and the seals tell what a superuser did (`tenants.history.sealing`).
"""

from datetime import datetime
from typing import Self

from django.db import connection, models
from django.db.models import BigIntegerField, Func, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from tenants.append_only import APPEND_ONLY


class ActorKind(models.TextChoices):
    USER = "user"
    KEY = "key"
    AGENT = "agent"
    SYSTEM = "system"


THIS_TRANSACTION = Cast(
    Cast(Func(function="pg_current_xact_id", output_field=TextField()), TextField()), BigIntegerField()
)


EACH_ONCE = """
WITH RECURSIVE found AS (
    (SELECT {column} FROM history_record ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT r.{column} FROM history_record r WHERE r.{column} > found.{column} ORDER BY r.{column} LIMIT 1)
    FROM found WHERE found.{column} IS NOT NULL
)
SELECT {column} FROM found WHERE {column} IS NOT NULL
"""


class RecordQuerySet(models.QuerySet["Record"]):
    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """From `since` on and before `until`; None does not limit."""
        found = self if since is None else self.filter(at__gte=since)
        return found if until is None else found.filter(at__lt=until)

    def acts(self) -> list[str]:
        """Every act that was ever recorded here; jumps from word to word in the index."""
        return _each_once("act")

    def subject_types(self) -> list[str]:
        """Every kind of object that was ever recorded here."""
        return _each_once("subject_type")


def _each_once(column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(EACH_ONCE.format(column=column))
        return [row[0] for row in cursor.fetchall()]


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
    tx = models.BigIntegerField(db_default=THIS_TRANSACTION, editable=False)
    """The transaction that wrote the row. Ids are given out before the commit, so a lower id may commit later; a
    transaction older than the oldest running one is finished, and no row of it can still appear."""

    objects = RecordQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(name="history_subject", fields=["subject_type", "subject_id", "-id"]),
            models.Index(name="history_act", fields=["act", "-id"]),
            models.Index(name="history_tx", fields=["tx"]),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.act} {self.subject_type} {self.subject_id}"


class Seal(models.Model):
    """Closes a number of records for good. Its hash includes the hash of the seal before, so seals form a chain."""

    number = models.PositiveIntegerField(primary_key=True)
    """Counted from 1 in each province, without gaps."""
    at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    """Lowest and highest record in it; records of slower transactions between them may lie in a later seal."""
    horizon = models.BigIntegerField()
    """Every record of a transaction below this number lies in this seal or in one before it."""
    root = models.CharField(max_length=64)
    """SHA-256 over ids and digests of its records, in order of id."""
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.number} {self.hash[:12]}"


class SealedRow(models.Model):
    """Digest of one sealed record. It is what lets a changed or removed record be named, not only noticed.

    Costs a row of two numbers and 32 bytes for each record.
    """

    record_id = models.BigIntegerField(primary_key=True)
    """No foreign key: this row must outlive a record that somebody removes."""
    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="sealed", db_index=False)
    digest = models.BinaryField()
    """SHA-256 of the record's canonical form, 32 bytes."""

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.record_id)


class Anchor(models.Model):
    """Head of one province's chain, kept in the nation's schema: there it survives what is done to the province's.

    A chain from which the newest seals were cut is sound in itself; only another place can tell.
    """

    province = models.SlugField(max_length=63, primary_key=True)
    number = models.PositiveIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.province} {self.number}"
