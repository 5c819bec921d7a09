"""Who acts for the platform: people and their roles in a province or at the nation.

A role that may sign needs two operators and every role the person's own acceptance. The command line, which only
those have who run the machine, gives roles at once: it makes the first operators.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import notices, permissions, signing
from portal.accounts.models import GrantState, RoleGrant, StaffRole, User
from portal.accounts.models.roles import OFFER_VALID_FOR, UNDECIDED
from portal.accounts.roles import Role
from portal.accounts.signin import mfa
from tenants import history
from tenants.acts import Refusal, require
from tenants.context import NATION
from tenants.models import Province

GRANT = "accounts.rolegrant"


@transaction.atomic
def create_person(email: str, *, name: str = "", password: str | None = None) -> User:
    """An account whose address counts as verified, because whoever runs the portal vouches for it."""
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    history.record("person.created", user)
    return user


@transaction.atomic
def add_staff_role(user: User, province: str, role: str) -> StaffRole:
    """By the command line. A role the person has already is left as it is, and nobody is told again."""
    place = _place(province, role)
    held = _locked(user).staff_roles.active().filter(province=province, role=role).first()
    return held or _give(user, place, role)


# By operators ----------------------------------------------------------------------------------


@transaction.atomic
def request_role(user: User, province: str, role: str, *, by: User) -> RoleGrant:
    """Ask a second operator to confirm a role that may sign; offer any other one to the person.

    Raises `Refusal` for a role of one's own, and for one that the person has or that is under way.
    """
    require(by.pk != user.pk, _("Nobody gives a role to themselves. Nothing was changed."), "own_role")
    place = _place(province, role)
    user = _locked(user)
    facts = {"user": user, "province": province, "role": role}
    require(
        not StaffRole.objects.active().filter(**facts).exists(),
        _("%(person)s has this role already. Nothing was changed.") % {"person": user},
        "role_held",
    )
    for earlier in RoleGrant.objects.undecided().filter(**facts).select_related("requested_by", "confirmed_by"):
        require(
            not still_stands(earlier),
            _("This role is on its way to %(person)s already. Nothing was changed.") % {"person": user},
            "role_under_way",
        )
        _refuse(earlier, _("ran out"), by)
    grant = RoleGrant.objects.create(**facts, requested_by=by)
    _record("role_grant.requested", grant, by)
    if signing.may_sign(role):
        seconds = [one for one in permissions.staff_with("confirm", GRANT) if one.pk not in (by.pk, user.pk)]
        notices.tell(seconds, "role_requested", grant, by=by, **_words(place, role))
    else:
        _offer(grant, place, by)
    return grant


@transaction.atomic
def confirm_role(grant: RoleGrant, *, by: User) -> RoleGrant:
    """The second operator agrees; the role is offered to the person."""
    grant = _undecided(grant, GrantState.AWAITING_SECOND)
    require(by.pk != grant.user_id, _("Nobody gives a role to themselves. Nothing was changed."), "own_role")
    own = _("You asked for this role yourself; another operator must confirm it. Nothing was changed.")
    signing.require_other_eyes(grant.requested_by_id, by=by, own=own)
    grant.confirmed_by = by
    grant.save(update_fields=["confirmed_by"])
    _offer(grant, _place(grant.province, grant.role), by)
    _record("role_grant.confirmed", grant, by)
    return grant


@transaction.atomic
def refuse_role(grant: RoleGrant, *, reason: str, by: User) -> RoleGrant:
    """End what is under way: by a second operator, or by the one who asked."""
    require(reason.strip(), _("Say why: who asked for the role reads it. Nothing was changed."), "reason_missing")
    grant = _undecided(grant)
    _refuse(grant, reason.strip(), by)
    asked = User.objects.filter(pk=grant.requested_by_id).exclude(pk=by.pk)
    place = Province.objects.get(schema_name=grant.province)
    notices.tell(asked, "role_refused", grant, by=by, reason=reason.strip(), **_words(place, grant.role))
    return grant


def _offer(grant: RoleGrant, place: Province, by: User) -> None:
    grant.move_to(GrantState.OFFERED, offered_at=timezone.now())
    notices.tell([grant.user], "role_offered", grant, by=by, **_words(place, grant.role))


def _refuse(grant: RoleGrant, reason: str, by: User) -> None:
    grant.move_to(GrantState.REFUSED, reason=reason, decided_at=timezone.now())
    _record("role_grant.refused", grant, by, reason=reason)


@transaction.atomic
def deactivate_staff_role(staff_role: StaffRole, *, reason: str, by: User | None) -> StaffRole:
    """The person is told the reason. Raises `Refusal` if nobody could give roles at the nation afterwards."""
    reason = reason.strip()
    require(reason, _("Say why: the person reads it. Nothing was changed."), "reason_missing")
    staff_role = end_role(staff_role, by=by, reason=reason)
    place = Province.objects.get(schema_name=staff_role.province)
    words = _words(place, staff_role.role)
    notices.tell([staff_role.user], "staff_role_ended", staff_role, by=by, reason=reason, **words)
    return staff_role


def end_role(staff_role: StaffRole, *, by: User | None, **facts: str) -> StaffRole:
    """Ends it in the caller's transaction and tells nobody."""
    operators = StaffRole.objects.active().filter(province=NATION, role=Role.OPERATOR).order_by("pk")
    others = [one for one in operators.select_for_update() if one.pk != staff_role.pk]
    staff_role = StaffRole.objects.select_for_update(of=("self",)).select_related("user").get(pk=staff_role.pk)
    require(staff_role.active, _("This role was ended already. Nothing was changed."), "wrong_state")
    last = staff_role.province == NATION and staff_role.role == Role.OPERATOR and not others
    require(
        not last,
        _("This is the last operator of the nation. Name another one first; nothing was changed."),
        "last_operator",
    )
    staff_role.active = False
    staff_role.save(update_fields=["active"])
    history.record("staff_role.deactivated", staff_role, by=by, user=staff_role.user_id, **facts)
    return staff_role


# By the person ---------------------------------------------------------------------------------


@transaction.atomic
def accept_role(grant: RoleGrant, *, by: User) -> StaffRole:
    """The role is usable from now on. The page has asked for the person's own second factor in this session."""
    grant = _undecided(grant, GrantState.OFFERED)
    require(by.pk == grant.user_id, _("This role was offered to somebody else. Nothing was changed."), "other_person")
    require(mfa.factors(by).exists(), _("Set up a second factor first. Nothing was changed."), "no_second_factor")
    require(
        still_stands(grant),
        _("This offer has run out, or those who made it may no longer give roles. Ask for a new one; nothing changed."),
        "offer_over",
    )
    place = _place(grant.province, grant.role)
    grant.move_to(GrantState.ACCEPTED, decided_at=timezone.now())
    confirmed = {"confirmed_by": grant.confirmed_by_id} if grant.confirmed_by_id else {}
    return _give(grant.user, place, grant.role, by=by, requested_by=grant.requested_by_id, **confirmed)


@transaction.atomic
def decline_role(grant: RoleGrant, *, by: User) -> RoleGrant:
    grant = _undecided(grant, GrantState.OFFERED)
    require(by.pk == grant.user_id, _("This role was offered to somebody else. Nothing was changed."), "other_person")
    grant.move_to(GrantState.DECLINED, decided_at=timezone.now())
    _record("role_grant.declined", grant, by)
    return grant


def decline_all(user: User, *, by: User) -> None:
    """Nothing is given to an account that closes; in the caller's transaction."""
    for grant in user.role_grants.undecided().select_for_update(of=("self",)):
        grant.move_to(GrantState.DECLINED, decided_at=timezone.now())
        _record("role_grant.declined", grant, by)


def still_stands(grant: RoleGrant) -> bool:
    """In time, and those behind it may still give roles: an offer does not outlive their right."""
    behind = [(grant.requested_by, "add"), *([(grant.confirmed_by, "confirm")] if grant.confirmed_by else [])]
    in_time = grant.offered_at is None or grant.offered_at > timezone.now() - OFFER_VALID_FOR
    return in_time and all(permissions.may(person, verb, GRANT) for person, verb in behind)


# What these share ------------------------------------------------------------------------------


def _place(province: str, role: str) -> Province:
    require(role in Role.values, _("There is no such role. Nothing was changed."), "unknown_role")
    place = Province.objects.with_schema().filter(schema_name=province).first()
    if place is None:
        raise Refusal(_("“%(slug)s” is not open. Nothing was changed.") % {"slug": province}, "unknown_province")
    return place


def _locked(user: User) -> User:
    """The person's row, the first lock of every act that gives a role."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _undecided(grant: RoleGrant, *states: GrantState) -> RoleGrant:
    _locked(grant.user)
    people = ("user", "requested_by", "confirmed_by")
    grant = RoleGrant.objects.select_for_update(of=("self",)).select_related(*people).get(pk=grant.pk)
    require(
        grant.state in (states or UNDECIDED),
        _("This staff role is “%(state)s” now. Nothing was changed.") % {"state": grant.get_state_display()},
        "wrong_state",
    )
    return grant


def _give(user: User, place: Province, role: str, *, by: User | None = None, **facts: int | None) -> StaffRole:
    held, _made = StaffRole.objects.update_or_create(
        user=user, province=place.slug, role=role, defaults={"active": True, "since": timezone.now()}
    )
    history.record("staff_role.added", held, by=by, user=user.pk, province=place.slug, role=role, **facts)
    notices.tell([user], "staff_role_added", held, **_words(place, role))
    return held


def _record(act: str, grant: RoleGrant, by: User, **facts: str) -> None:
    history.record(act, grant, by=by, user=grant.user_id, province=grant.province, role=grant.role, **facts)


def _words(place: Province, role: str) -> dict[str, Any]:
    return {"place_zh": place.name_zh, "place_en": place.name_en, "role": role}
