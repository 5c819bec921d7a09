"""What staff of the province decide, and what the clock does when the public notice is over.

Four eyes: nobody decides on an organisation of their own, and whoever checked an attribute does not approve.
"""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.catalog import actions as catalog
from marketplace.catalog.models import Provider
from marketplace.onboarding import listing, notices
from marketplace.onboarding.actions.applying import lock, not_now
from marketplace.onboarding.answers.editing import sections_of
from marketplace.onboarding.models import (
    Answer,
    AnswerState,
    Application,
    ApplicationState,
    Document,
    DocumentState,
    ObjectionState,
)
from portal.accounts import actions as accounts
from portal.accounts.models import Membership, OrganisationState, User
from portal.accounts.signing import require_other_eyes
from portal.web.wording import BEIJING
from tenants import history
from tenants.acts import require

END_OF_DAY = time(18, 0)
"""A notice of days ends at 18:00 Beijing time, when somebody is at work."""


@transaction.atomic
def accept_answer(answer: Answer, *, by: User) -> Answer:
    answer = _checkable(answer, by)
    _check(answer, AnswerState.ACCEPTED, "", by)
    return answer


@transaction.atomic
def fault_answer(answer: Answer, *, reason: str, by: User) -> Answer:
    """Mark what must be corrected; the applicant reads the reason once the application is returned."""
    answer = _checkable(answer, by)
    reason = reason.strip()
    require(reason, _("Say what must be corrected: the applicant reads it. Nothing was changed."), "reason_missing")
    if answer.state == AnswerState.WRONG:
        answer.reason, answer.checked_by, answer.checked_at = reason, by, timezone.now()
        answer.save(update_fields=["reason", "checked_by", "checked_at"])
        history.record("answer.wrong", answer.application, by=by, attribute=answer.attribute, reason=reason)
        return answer
    _check(answer, AnswerState.WRONG, reason, by)
    return answer


def _checkable(answer: Answer, by: User) -> Answer:
    application = lock(answer.application)
    require(application.state == ApplicationState.SUBMITTED, not_now(application), "wrong_state")
    require_outsider(application, by)
    answer = Answer.objects.select_for_update().get(pk=answer.pk)
    answer.application = application
    return answer


def _check(answer: Answer, state: AnswerState, reason: str, by: User) -> None:
    require(answer.state != state, _("It is marked so already. Nothing was changed."), "wrong_state")
    answer.move_to(state, reason=reason, checked_by=by, checked_at=timezone.now())
    why = {"reason": reason} if reason else {}
    history.record(f"answer.{state}", answer.application, by=by, attribute=answer.attribute, **why)


@transaction.atomic
def return_application(application: Application, *, by: User) -> Application:
    """Give it back; only the attributes that need correction open again."""
    application = lock(application)
    require(application.state == ApplicationState.SUBMITTED, not_now(application), "wrong_state")
    require_outsider(application, by)
    wrong = [answer for answer in application.answers.all() if answer.state == AnswerState.WRONG]
    require(
        wrong,
        _("No attribute is marked as needing correction, so there is nothing to return. Nothing was changed."),
        "nothing_wrong",
    )
    application.move_to(ApplicationState.RETURNED, returns=application.returns + 1)
    history.record("application.returned", application, by=by, attributes=[one.attribute for one in wrong])
    notices.tell_applicant(application, "application_returned", faults=notices.faults_of(wrong))
    return application


@transaction.atomic
def approve_application(application: Application, *, by: User) -> Application:
    """Begin the public notice; the provider is made when it is over and nobody's objection is open."""
    application = lock(application)
    require(application.state == ApplicationState.SUBMITTED, not_now(application), "wrong_state")
    require_outsider(application, by)
    _require_all_accepted(application)
    own = _("You checked attributes of this application; somebody else must approve it. Nothing was changed.")
    require_other_eyes(*application.answers.values_list("checked_by", flat=True), by=by, own=own)
    _require_verified(application)
    now = timezone.now()
    end = notice_end(now)
    application.move_to(ApplicationState.NOTICE, approved_by=by, notice_began_at=now, notice_ends_at=end)
    listing.update(application)
    history.record("application.approved", application, by=by, until=end.isoformat())
    notices.tell_applicant(application, "application_on_notice", until=notices.day(end))
    return application


@transaction.atomic
def refuse_application(application: Application, *, reason: str, by: User) -> Application:
    """End it with a reason, in examination or during the notice. The organisation may apply again."""
    reason = reason.strip()
    require(reason, _("Say why: the applicant reads it. Nothing was changed."), "reason_missing")
    application = lock(application)
    require(application.moves.allows(application.state, ApplicationState.REFUSED), not_now(application), "wrong_state")
    require_outsider(application, by)
    application.move_to(ApplicationState.REFUSED, reason=reason, decided_at=timezone.now())
    listing.update(application)
    history.record("application.refused", application, by=by, reason=reason)
    notices.tell_applicant(application, "application_refused", reason=reason)
    return application


@transaction.atomic
def grant_application(application: Application) -> Provider | None:
    """The notice is over: make the provider. None if it is not over, objected to, or the organisation suspended."""
    application = lock(application)
    over = application.notice_ends_at is not None and application.notice_ends_at <= timezone.now()
    if application.state != ApplicationState.NOTICE or not over:
        return None
    objected = application.objections.filter(state=ObjectionState.OPEN).exists()
    if objected or application.organisation.state != OrganisationState.VERIFIED:
        return None
    provider = _provider_of(application)
    application.move_to(ApplicationState.APPROVED, provider=provider, decided_at=timezone.now())
    listing.update(application)
    history.record("application.granted", application, provider=str(provider.pk))
    notices.tell_applicant(application, "application_granted")
    return provider


def _provider_of(application: Application) -> Provider:
    standing = Provider.objects.filter(organisation=application.organisation).first()
    if standing is not None:
        return standing
    profile = application.answers.get(attribute="profile").facts
    slug, taken = profile["slug"], set(Provider.objects.values_list("slug", flat=True))
    number = 2
    while slug in taken:
        slug, number = f"{profile['slug']}-{number}", number + 1
    organisation = accounts.become_provider(application.organisation)
    return catalog.add_provider(
        organisation, slug=slug, short_zh=profile["short_zh"], kind=profile["kind"], sample=organisation.sample
    )


def notice_end(now: datetime) -> datetime:
    """End of a notice that begins now: `PUBLIC_NOTICE_FOR` later; a notice of days ends at 18:00 of its last day."""
    end = now + settings.PUBLIC_NOTICE_FOR
    if timedelta(days=1) > settings.PUBLIC_NOTICE_FOR:
        return end
    evening = datetime.combine(end.astimezone(BEIJING).date(), END_OF_DAY, BEIJING)
    return evening if evening >= end else evening + timedelta(days=1)


def _require_all_accepted(application: Application) -> None:
    open_ones = [
        str(one.attribute.title) for one in sections_of(application) if one.answer.state != AnswerState.ACCEPTED
    ]
    require(
        not open_ones,
        _("Not approved. Not accepted yet: %(attributes)s.") % {"attributes": "、".join(open_ones)},
        "not_all_accepted",
    )
    blocked = Document.objects.present().filter(answer__application=application, state=DocumentState.REJECTED)
    require(
        not blocked.exists(), _("Not approved: the scanner blocked a file. Return the application."), "blocked_file"
    )


def _require_verified(application: Application) -> None:
    require(
        application.organisation.state == OrganisationState.VERIFIED,
        _("Not approved: the organisation is not verified by national staff now."),
        "not_verified",
    )


def require_outsider(application: Application, by: User) -> None:
    member = Membership.objects.active().filter(user=by, organisation=application.organisation).exists()
    require(not member, _("You belong to this organisation; somebody else must decide. Nothing was changed."), "own")
