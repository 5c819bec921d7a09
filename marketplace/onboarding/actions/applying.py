"""What an applicant does: start, answer, submit, withdraw. Documents have a module of their own."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.catalog.models import Provider
from marketplace.onboarding import listing, notices
from marketplace.onboarding.answers import bank
from marketplace.onboarding.answers.attributes import ATTRIBUTES
from marketplace.onboarding.answers.editing import WRITABLE, require_editable, sections_of
from marketplace.onboarding.models import Answer, AnswerState, Application, ApplicationState
from portal.accounts.models import Organisation, OrganisationState, User
from tenants import history
from tenants.acts import Refusal, require
from tenants.context import current_province
from tenants.models import Province, ProvinceKind, ProvinceState


def why_not(organisation: Organisation) -> Refusal | None:
    """Why this organisation cannot begin an application here now; None if it can."""
    province = Province.objects.get(schema_name=current_province())
    open_here = province.kind == ProvinceKind.PROVINCE and province.state == ProvinceState.OPEN
    if not open_here:
        return Refusal(_("This sub-platform takes no applications now. Nothing was begun."), "not_open")
    if organisation.state == OrganisationState.SUSPENDED:
        return Refusal(_("%(name)s is suspended. Nothing was begun.") % {"name": organisation.name}, "suspended")
    if organisation.state != OrganisationState.VERIFIED:
        return Refusal(
            _("%(name)s is not verified by national staff yet. Nothing was begun; submit its facts first.")
            % {"name": organisation.name},
            "not_verified",
        )
    if Provider.objects.filter(organisation=organisation).exists():
        return Refusal(
            _("%(name)s sells in this province already. Nothing was begun.") % {"name": organisation.name},
            "provider_already",
        )
    return None


@transaction.atomic
def start_application(organisation: Organisation, *, by: User) -> Application:
    """Begin a draft, with the answers of an earlier application; an open one is returned as it is."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if refusal := why_not(organisation):
        raise refusal
    if standing := Application.objects.open().filter(organisation=organisation).first():
        return standing
    earlier = _answers_before(organisation)
    application = Application.objects.create(organisation=organisation, started_by=by)
    for row in ATTRIBUTES:
        facts = {"facts": earlier[row.slug].facts, "secret": earlier[row.slug].secret} if row.slug in earlier else {}
        application.answers.create(attribute=row.slug, **facts)
    history.record("application.started", application, by=by)
    return application


def _answers_before(organisation: Organisation) -> dict[str, Answer]:
    latest = Application.objects.of(organisation).first()
    return {one.attribute: one for one in latest.answers.all()} if latest else {}


@transaction.atomic
def save_answer(answer: Answer, facts: dict[str, Any], *, by: User) -> Answer:
    """Store the fields of one attribute; `facts` come from its form. An account's number is stored encrypted."""
    answer = require_editable(answer)
    changed = ["facts", "changed_at"]
    if answer.attribute == "bank_account":
        answer.secret = bank.encrypt(facts["number"])
        facts = {**facts, "number": bank.masked(facts["number"])}
        changed.append("secret")
    answer.facts, answer.changed_at = facts, timezone.now()
    answer.save(update_fields=changed)
    history.record("application.answered", answer.application, by=by, attribute=answer.attribute)
    return answer


@transaction.atomic
def submit_application(application: Application, *, by: User) -> Application:
    """Hand it to staff of the province. Raises `Refusal` naming what is missing."""
    application = lock(application)
    require(application.state in WRITABLE, not_now(application), "wrong_state")
    if refusal := why_not(application.organisation):
        raise Refusal(refusal.sentence, refusal.code)
    missing = [str(one.attribute.title) for one in sections_of(application) if one.missing]
    require(
        not missing,
        _("Not submitted, nothing is lost. Still missing: %(attributes)s.") % {"attributes": "、".join(missing)},
        "incomplete",
    )
    for answer in application.answers.filter(state=AnswerState.WRONG):
        answer.move_to(AnswerState.UNCHECKED)
    again = application.state == ApplicationState.RETURNED
    application.move_to(ApplicationState.SUBMITTED, submitted_at=timezone.now())
    history.record("application.submitted", application, by=by, again=again)
    notices.tell_staff(application, "check", "application_submitted")
    notices.tell_applicant(application, "application_received")
    return application


@transaction.atomic
def withdraw_application(application: Application, *, by: User) -> Application:
    application = lock(application)
    require(application.is_open, not_now(application), "wrong_state")
    seen = application.state in (ApplicationState.SUBMITTED, ApplicationState.NOTICE)
    application.move_to(ApplicationState.WITHDRAWN, decided_at=timezone.now())
    listing.update(application)
    history.record("application.withdrawn", application, by=by)
    if seen:
        notices.tell_staff(application, "check", "application_withdrawn")
    return application


def lock(application: Application) -> Application:
    return Application.objects.select_related("organisation").select_for_update(of=("self",)).get(pk=application.pk)


def not_now(application: Application) -> str:
    return _("This application is “%(state)s” now. Nothing was changed.") % {"state": application.get_state_display()}
