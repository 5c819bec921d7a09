"""Objections during public notice: raised by a signed-in person, settled by staff of the province."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.onboarding import notices
from marketplace.onboarding.actions.applying import lock, not_now
from marketplace.onboarding.actions.decisions import refuse_application, require_outsider
from marketplace.onboarding.models import Application, ApplicationState, Objection, ObjectionState
from portal.accounts.models import User
from portal.accounts.signing import require_other_eyes
from tenants import history
from tenants.acts import require


@transaction.atomic
def raise_objection(application: Application, *, sentence: str, contact: str, by: User) -> Objection:
    """Hold the approval until staff have answered. One open objection each."""
    application = lock(application)
    require(
        application.takes_objections,
        _("The notice is over; objections are no longer taken. Nothing was sent."),
        "notice_over",
    )
    standing = application.objections.filter(person=by, state=ObjectionState.OPEN).exists()
    require(not standing, _("Your objection is being examined already. Nothing was sent."), "objected_already")
    objection = application.objections.create(person=by, sentence=sentence.strip(), contact=contact.strip())
    history.record("objection.raised", application, by=by, objection=objection.pk)
    notices.tell_staff(application, "settle", "objection_raised")
    return objection


@transaction.atomic
def dismiss_objection(objection: Objection, *, reason: str, by: User) -> Objection:
    """The notice goes on, or the approval is made once it is over; the objector reads the reason."""
    objection = _settle(objection, ObjectionState.DISMISSED, reason, by)
    notices.tell_objector(objection, "objection_dismissed", reason=objection.answer)
    return objection


@transaction.atomic
def uphold_objection(objection: Objection, *, reason: str, by: User) -> Objection:
    """The application is refused with the same reason; other open objections are settled with it."""
    application = objection.application
    objection = _settle(objection, ObjectionState.UPHELD, reason, by)
    for other in application.objections.filter(state=ObjectionState.OPEN):
        _settle(other, ObjectionState.UPHELD, reason, by)
        notices.tell_objector(other, "objection_upheld", reason=reason.strip())
    refuse_application(application, reason=reason, by=by)
    notices.tell_objector(objection, "objection_upheld", reason=objection.answer)
    return objection


def _settle(objection: Objection, state: ObjectionState, reason: str, by: User) -> Objection:
    reason = reason.strip()
    require(reason, _("Say why: the objector reads it. Nothing was changed."), "reason_missing")
    application = lock(objection.application)
    require(application.state == ApplicationState.NOTICE, not_now(application), "wrong_state")
    require_outsider(application, by)
    objection = Objection.objects.select_for_update().get(pk=objection.pk)
    objection.application = application
    require(objection.state == ObjectionState.OPEN, _("It was settled already. Nothing was changed."), "wrong_state")
    require(objection.person_id != by.pk, _("You objected yourself; somebody else must settle it."), "own")
    own = _("You approved this application yourself; somebody else must decide on objections. Nothing was changed.")
    require_other_eyes(application.approved_by_id, by=by, own=own)
    objection.move_to(state, answer=reason, settled_by=by, settled_at=timezone.now())
    history.record(f"objection.{state}", application, by=by, objection=objection.pk, reason=reason)
    return objection
