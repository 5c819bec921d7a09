"""Order line → running resource, and the provider's agents that make it run."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from marketplace.activation.agents.agent_states import AgentQuerySet, AgentState
from marketplace.activation.fulfilment import place_models  # noqa: F401 - Django finds the places through this module
from marketplace.catalog.models import Pool, Provider
from marketplace.orders.models import OrderLine
from portal.accounts.models import User
from portal.web.texts.lines import Line
from tenants.acts import Machine, Moves


class Agent(models.Model):
    """A provider's site agent: it signs with a key whose public half alone is stored here."""

    key_id = models.CharField(primary_key=True, max_length=96)
    """`<province>.<24 hex>`: the key carries its province."""
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="agents")
    name = Line(max_length=80)
    public_key = models.BinaryField()
    """Raw Ed25519 public key, 32 bytes."""
    next_public_key = models.BinaryField(null=True, blank=True)
    """The key that takes over with its first request; until then, and for 24 hours at most, the old one works too."""
    next_key_at = models.DateTimeField(null=True, blank=True)
    version = models.CharField(max_length=20, blank=True)
    paused = models.BooleanField(default=False)
    enrolled_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    healthy = models.BooleanField(default=True)
    health = models.CharField(max_length=300, blank=True)
    """The agent's own sentence, or ours when a report was refused."""
    health_code = models.CharField(max_length=40, blank=True)
    """Which of the sentences we know it is; pages then say it in the reader's language."""
    health_facts = models.JSONField(default=dict, blank=True)
    polls = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    """Number of its latest poll. A poll that waits with a smaller number has been replaced by a newer one."""

    actor_kind = "agent"
    objects = AgentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="next_key_has_time", condition=Q(next_public_key=None) | Q(next_key_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.name

    def reports(self, now: datetime) -> bool:
        """Its latest report is fresh: every page, queue and alarm asks here, or `state_at`."""
        return self.reported_at is not None and now - self.reported_at <= settings.STOCK_FRESH_FOR

    def state_at(self, now: datetime) -> AgentState:
        if self.revoked_at is not None:
            return AgentState.REVOKED
        if self.reported_at is None:
            return AgentState.WAITING
        if not self.reports(now):
            return AgentState.SILENT
        if self.paused:
            return AgentState.PAUSED
        return AgentState.WORKING if self.healthy else AgentState.UNHEALTHY


class EnrolmentCodeQuerySet(models.QuerySet["EnrolmentCode"]):
    def usable(self) -> Self:
        return self.filter(used_at=None, withdrawn_at=None, expires_at__gt=timezone.now())


class EnrolmentCode(models.Model):
    """One-time code that lets an agent register its key: stored as a keyed hash."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="enrolment_codes")
    code_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    agent = models.OneToOneField(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    renews = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="renewals")
    """The agent that gets a new key by this code; empty for a code that enrols a new agent."""

    objects = EnrolmentCodeQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)


class Nonce(models.Model):
    """A nonce an agent used: a second request with it is a replay. Rows older than the clock window are dropped."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=64)
    used_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="nonce_used_once", fields=["agent", "nonce"])]

    def __str__(self) -> str:
        return self.nonce


class Assignment(models.Model):
    """Which agent serves a pool. The only agent of a provider serves its pools without such a row."""

    pool = models.OneToOneField(Pool, on_delete=models.CASCADE, related_name="assignment")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="assignments")
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.pool_id} {self.agent_id}"


class Counting(models.TextChoices):
    """How an agent knows of the cards that it reports."""

    COUNTED = "counted", pgettext_lazy("cards", "counted by the driver")
    DECLARED = "declared", pgettext_lazy("cards", "declared, not measured")


class CapacityReport(models.Model):
    """What an agent last said of a pool; more cards than registered are refused, visibly."""

    pool = models.OneToOneField(Pool, on_delete=models.CASCADE, related_name="capacity")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    cards = models.PositiveIntegerField()
    faulty = models.JSONField(default=list)
    """Serials that the agent holds to be out of order."""
    missing = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    """Serials that are registered, and that the agent's driver does not find."""
    counting = models.CharField(max_length=8, choices=Counting, default=Counting.DECLARED, db_default=Counting.DECLARED)
    reported_at = models.DateTimeField()
    refused = models.CharField(max_length=300, blank=True)
    """Why the report was refused; a pool with a refused report is not sold."""

    def __str__(self) -> str:
        return f"{self.pool_id} {self.cards}"

    @property
    def counted(self) -> bool:
        return self.counting == Counting.COUNTED

    @property
    def unusable(self) -> list[str]:
        """Serials that are not sold."""
        return [*self.faulty, *self.missing]


class RefusedRowsQuerySet(models.QuerySet["RefusedRows"]):
    def in_24_hours(self) -> Self:
        """Of the current hour and the 23 before it."""
        return self.filter(hour__gt=timezone.now() - timedelta(hours=24))


class RefusedRows(models.Model):
    """Rows of an agent's reports that were refused in one hour for one reason (`agents.refusals`)."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="refused_rows")
    hour = models.DateTimeField()
    code = models.CharField(max_length=30)
    rows = models.PositiveIntegerField(default=0)
    sentence = models.CharField(max_length=300, blank=True)
    """What the agent was told the last time."""
    latest_at = models.DateTimeField(default=timezone.now)

    objects = RefusedRowsQuerySet.as_manager()

    class Meta:
        ordering = ["-hour", "code"]
        constraints = [models.UniqueConstraint(name="refused_rows_counted_once", fields=["agent", "hour", "code"])]
        indexes = [models.Index(name="refused_rows_by_hour", fields=["-hour"])]

    def __str__(self) -> str:
        return f"{self.code} {self.rows}"


class Verb(models.TextChoices):
    APPLY = "apply"
    VERIFY = "verify"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    LIST = "list"


class CommandQuerySet(models.QuerySet["Command"]):
    def waiting_for(self, agent: Agent) -> Self:
        return self.filter(agent=agent, answered_at=None)


class Command(models.Model):
    """What an agent is asked to do; it carries the line's token and the attempt number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="commands")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="commands")
    verb = models.CharField(max_length=8, choices=Verb)
    attempt = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    """When an agent first took it."""
    given_at = models.DateTimeField(null=True, blank=True)
    """When a poll last took it: a command without an answer is given out again."""
    answered_at = models.DateTimeField(null=True, blank=True)
    """When a final answer came."""
    answer = models.JSONField(default=dict)
    """The final answer without the secret."""
    step = models.CharField(max_length=200, blank=True)
    """The latest progress sentence."""

    objects = CommandQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(name="one_command_per_attempt", fields=["line", "verb", "attempt"])]
        indexes = [models.Index(name="waiting_commands", fields=["agent", "created_at"], condition=Q(answered_at=None))]

    def __str__(self) -> str:
        return f"{self.verb} {self.line_id} #{self.attempt}"


class ResourceState(models.TextChoices):
    WANTED = "wanted", pgettext_lazy("resource", "requested")
    APPLYING = "applying", pgettext_lazy("resource", "being set up")
    PROBING = "probing", pgettext_lazy("resource", "being checked")
    READY = "ready", pgettext_lazy("resource", "working")
    REVOKING = "revoking", pgettext_lazy("resource", "being removed")
    RELEASED = "released", pgettext_lazy("resource", "removed")
    FAILED = "failed", pgettext_lazy("resource", "failed")


R = ResourceState


class Resource(Moves):
    """What an order line runs as; one per line (I3)."""

    moves = Machine(
        {
            R.WANTED: {R.APPLYING, R.FAILED, R.REVOKING},
            R.APPLYING: {R.PROBING, R.FAILED, R.REVOKING, R.WANTED},
            R.PROBING: {R.READY, R.FAILED, R.REVOKING, R.WANTED},
            R.READY: {R.REVOKING},
            R.REVOKING: {R.RELEASED},
            R.FAILED: {R.REVOKING},
            R.RELEASED: set(),
        }
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="resource")
    state = models.CharField(max_length=10, choices=ResourceState, default=ResourceState.WANTED)
    attempt = models.PositiveIntegerField(default=1)
    """Newest attempt; answers of older ones are refused."""
    kind = models.CharField(max_length=20, blank=True)
    endpoint = models.URLField(max_length=300, blank=True)
    secret = models.BinaryField(null=True, blank=True)
    """Access secret, encrypted."""
    serials = models.JSONField(default=list)
    measured = models.BooleanField(default=False)
    """False: the cards are declared, not measured, and every page says so."""
    taken_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    failure_code = models.CharField(max_length=20, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    shown_until = models.DateTimeField(null=True, blank=True)
    """The secret is visible until then; each view is a history row."""

    class Meta:
        constraints = [
            models.CheckConstraint(name="ready_resource_works", condition=~Q(state="ready") | Q(ready_at__isnull=False))
        ]

    def __str__(self) -> str:
        return str(self.id)
