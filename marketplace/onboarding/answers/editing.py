"""What an applicant may still change, and what is missing before it can submit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from marketplace.onboarding.answers.attributes import BY_SLUG, Attribute
from marketplace.onboarding.answers.forms import FORMS, shown
from marketplace.onboarding.models import (
    Answer,
    AnswerState,
    Application,
    ApplicationState,
    Document,
    DocumentState,
)
from tenants.acts import require

WRITABLE = (ApplicationState.DRAFT, ApplicationState.RETURNED)


def is_editable(application: Application, answer: Answer) -> bool:
    """A draft is open as a whole, a returned application only where staff asked for a correction."""
    if application.state == ApplicationState.DRAFT:
        return True
    return application.state == ApplicationState.RETURNED and answer.state == AnswerState.WRONG


def require_editable(answer: Answer) -> Answer:
    """Lock application and answer, in this order; raises `Refusal` unless the applicant may change it now."""
    application = Application.objects.select_for_update().get(pk=answer.application_id)
    answer = Answer.objects.select_for_update().select_related("application").get(pk=answer.pk)
    require(
        is_editable(application, answer),
        _("“%(attribute)s” cannot be changed now: the application is “%(state)s”. Nothing was changed.")
        % {"attribute": answer.row.title, "state": application.get_state_display()},
        "not_editable",
    )
    return answer


@dataclass
class Section:
    """One attribute as pages show it."""

    attribute: Attribute
    answer: Answer
    open: bool
    documents: list[Document]
    missing: list[Any] = field(default_factory=list)

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        return shown(self.attribute.slug, self.answer.facts)

    @property
    def tone(self) -> str:
        if self.answer.state == AnswerState.ACCEPTED:
            return "ok"
        if self.answer.state == AnswerState.WRONG:
            return "bad" if self.missing else "wait"
        if self.answer.application.state == ApplicationState.DRAFT:
            return "plan" if self.missing else "ok"
        return "run"


def sections_of(application: Application) -> list[Section]:
    """Every attribute in the table's order; two queries."""
    found = {answer.attribute: answer for answer in application.answers.prefetch_related("documents")}
    return [_section(application, found[slug]) for slug in BY_SLUG if slug in found]


def section_of(application: Application, answer: Answer) -> Section:
    return _section(application, answer)


def _section(application: Application, answer: Answer) -> Section:
    answer.application = application
    documents = [one for one in answer.documents.all() if one.removed_at is None]
    made = Section(answer.row, answer, is_editable(application, answer), documents)
    made.missing = list(_missing(made))
    return made


def _missing(section: Section) -> Iterator[Any]:
    """What must still be given, in words."""
    answer, row = section.answer, section.attribute
    fields = FORMS[row.slug].base_fields
    if not answer.facts and fields:
        yield _("Fill in the fields")
    usable = [one for one in section.documents if one.state != DocumentState.REJECTED]
    if row.must_prove and not usable:
        yield _("Upload: %(document)s") % {"document": row.documents}
    if len(usable) < len(section.documents):
        yield _("Remove the file the scanner blocked")
    theirs = fields or row.documents  # the legal identity is corrected with national staff, not here
    if answer.state == AnswerState.WRONG and theirs and not _changed_since_check(answer) and section.open:
        yield _("Correct what staff found")


def _changed_since_check(answer: Answer) -> bool:
    return answer.changed_at is not None and answer.checked_at is not None and answer.changed_at > answer.checked_at
