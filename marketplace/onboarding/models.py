"""An organisation's application to sell in this province: its answers, documents and checks, notice and objections."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from marketplace.catalog.models import Provider
from marketplace.onboarding.answers.attributes import BY_SLUG, SLUGS, Attribute
from portal.accounts.models import Organisation, User
from portal.web.texts.lines import Line
from tenants.acts import Machine, Moves


class ApplicationState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("application", "draft")
    SUBMITTED = "submitted", pgettext_lazy("application", "in examination")
    RETURNED = "returned", pgettext_lazy("application", "returned for correction")
    NOTICE = "notice", pgettext_lazy("application", "on public notice")
    APPROVED = "approved", pgettext_lazy("application", "approved")
    REFUSED = "refused", pgettext_lazy("application", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "withdrawn")


APPLICATION_MOVES = Machine(
    {
        ApplicationState.DRAFT: {ApplicationState.SUBMITTED, ApplicationState.WITHDRAWN},
        ApplicationState.SUBMITTED: {
            ApplicationState.RETURNED,
            ApplicationState.NOTICE,
            ApplicationState.REFUSED,
            ApplicationState.WITHDRAWN,
        },
        ApplicationState.RETURNED: {ApplicationState.SUBMITTED, ApplicationState.WITHDRAWN},
        ApplicationState.NOTICE: {ApplicationState.APPROVED, ApplicationState.REFUSED, ApplicationState.WITHDRAWN},
        ApplicationState.APPROVED: set(),
        ApplicationState.REFUSED: set(),
        ApplicationState.WITHDRAWN: set(),
    }
)
"""draft → submitted → returned ↔ submitted → notice (approved, 公示中) → approved; refused and withdrawn end it."""

OPEN = [ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.RETURNED, ApplicationState.NOTICE]


class ApplicationQuerySet(models.QuerySet["Application"]):
    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def awaiting_staff(self) -> Self:
        """Waiting for a decision of staff, the longest waiting first; objections wait too."""
        objected = Objection.objects.filter(application=OuterRef("pk"), state=ObjectionState.OPEN)
        noticed = Q(state=ApplicationState.NOTICE) & Exists(objected)
        return self.filter(Q(state=ApplicationState.SUBMITTED) | noticed).order_by("submitted_at")

    def with_notice_over(self) -> Self:
        """Approved, noticed long enough, and nobody's objection is open."""
        over = self.filter(state=ApplicationState.NOTICE, notice_ends_at__lte=timezone.now())
        return over.exclude(objections__state=ObjectionState.OPEN)

    def of(self, organisation: Organisation) -> Self:
        """The organisation's applications, the newest first."""
        return self.filter(organisation=organisation).order_by("-created_at")


class Application(Moves):
    moves = APPLICATION_MOVES

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=ApplicationState, default=ApplicationState.DRAFT)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    returns = models.PositiveSmallIntegerField(default=0)
    """How often it was returned for correction."""
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    notice_began_at = models.DateTimeField(null=True, blank=True)
    notice_ends_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    """When it ended: approved, refused or withdrawn."""
    reason = models.TextField(blank=True)
    """Why it was refused."""
    provider = models.OneToOneField(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="application"
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_application_each", fields=["organisation"], condition=Q(state__in=OPEN)
            ),
            models.CheckConstraint(
                name="submitted_application_has_time",
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="noticed_application_has_period_and_approver",
                condition=~Q(state__in=["notice", "approved"])
                | Q(notice_began_at__isnull=False, notice_ends_at__isnull=False, approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="approved_application_has_provider", condition=~Q(state="approved") | Q(provider__isnull=False)
            ),
            models.CheckConstraint(
                name="refused_application_has_reason", condition=~Q(state="refused") | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="notice_ends_after_it_began",
                condition=Q(notice_ends_at=None) | Q(notice_ends_at__gt=models.F("notice_began_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.organisation.name

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def takes_objections(self) -> bool:
        running = self.state == ApplicationState.NOTICE and self.notice_ends_at is not None
        return running and self.notice_ends_at > timezone.now()  # type: ignore[operator]


class AnswerState(models.TextChoices):
    UNCHECKED = "unchecked", pgettext_lazy("answer", "not checked yet")
    ACCEPTED = "accepted", pgettext_lazy("answer", "accepted")
    WRONG = "wrong", pgettext_lazy("answer", "needs correction")


class Answer(Moves):
    """What the applicant says to one attribute, and what staff found."""

    moves = Machine(
        {
            AnswerState.UNCHECKED: {AnswerState.ACCEPTED, AnswerState.WRONG},
            AnswerState.ACCEPTED: {AnswerState.WRONG},
            AnswerState.WRONG: {AnswerState.ACCEPTED, AnswerState.UNCHECKED},
        }
    )

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="answers")
    attribute = models.CharField(max_length=20, choices=SLUGS)
    facts = models.JSONField(default=dict)
    """Field of the attribute's form → value; an account's number stands here masked."""
    secret = models.BinaryField(null=True, blank=True)
    """The account's number, encrypted."""
    changed_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=AnswerState, default=AnswerState.UNCHECKED)
    reason = models.TextField(blank=True)
    checked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="one_answer_per_attribute", fields=["application", "attribute"]),
            models.CheckConstraint(name="wrong_answer_has_reason", condition=~Q(state="wrong") | ~Q(reason="")),
            models.CheckConstraint(
                name="checked_answer_has_checker",
                condition=Q(state="unchecked") | Q(checked_by__isnull=False, checked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.row.title)

    @property
    def row(self) -> Attribute:
        """The attribute's row in the table."""
        return BY_SLUG[self.attribute]


class DocumentState(models.TextChoices):
    QUARANTINE = "quarantine", pgettext_lazy("document", "in quarantine")
    SAFE = "safe", pgettext_lazy("document", "safe")
    REJECTED = "rejected", pgettext_lazy("document", "blocked")
    ERROR = "error", pgettext_lazy("document", "not scanned")


class DocumentQuerySet(models.QuerySet["Document"]):
    def present(self) -> Self:
        return self.filter(removed_at=None)

    def in_quarantine(self) -> Self:
        return self.present().filter(state=DocumentState.QUARANTINE)


class Document(Moves):
    """A private file: its content lies under its hash, only members with the right and staff here fetch it."""

    moves = Machine(
        {
            DocumentState.QUARANTINE: {DocumentState.SAFE, DocumentState.REJECTED, DocumentState.ERROR},
            DocumentState.ERROR: {DocumentState.SAFE, DocumentState.REJECTED},
            DocumentState.SAFE: set(),
            DocumentState.REJECTED: set(),
        }
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="documents")
    name = Line(max_length=120)
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    """Bytes."""
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=DocumentState, default=DocumentState.QUARANTINE)
    finding = models.CharField(max_length=200, blank=True)
    """What the scanner said."""
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["uploaded_at"]
        constraints = [
            models.UniqueConstraint(
                name="same_document_once", fields=["answer", "sha256"], condition=Q(removed_at=None)
            ),
            models.CheckConstraint(name="document_within_20_mb", condition=Q(size__gt=0, size__lte=20 * 2**20)),
        ]

    def __str__(self) -> str:
        return self.name


class ObjectionState(models.TextChoices):
    OPEN = "open", pgettext_lazy("objection", "being examined")
    DISMISSED = "dismissed", pgettext_lazy("objection", "dismissed")
    UPHELD = "upheld", pgettext_lazy("objection", "upheld")


class Objection(Moves):
    """A signed-in person's objection during public notice; while it is open nothing is approved."""

    moves = Machine(
        {
            ObjectionState.OPEN: {ObjectionState.DISMISSED, ObjectionState.UPHELD},
            ObjectionState.DISMISSED: set(),
            ObjectionState.UPHELD: set(),
        }
    )

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="objections")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sentence = models.TextField()
    contact = Line(max_length=120)
    raised_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=10, choices=ObjectionState, default=ObjectionState.OPEN)
    answer = models.TextField(blank=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["raised_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_objection_each", fields=["application", "person"], condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="settled_objection_has_answer",
                condition=Q(state="open") | (~Q(answer="") & Q(settled_by__isnull=False, settled_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.raised_at:%Y-%m-%d}"
