"""Who belongs to an organisation: invitations bound to an address, roles, leaving."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import notices, tokens
from portal.accounts.models import Invitation, InvitationState, Membership, Organisation, User
from portal.accounts.roles import MembershipRole
from tenants import history
from tenants.acts import Refusal, require

INVITATION_VALID_FOR = timedelta(days=7)


@transaction.atomic
def invite(organisation: Organisation, *, email: str, role: str, by: User) -> Invitation:
    """Mail a link that only this address can use, for seven days; an earlier open one is withdrawn."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    email = email.strip().lower()
    members = Membership.objects.active().filter(organisation=organisation, user__email__iexact=email)
    require(
        not members.exists(),
        _("%(email)s belongs here already. Nobody was invited.") % {"email": email},
        "member_already",
    )
    for earlier in Invitation.objects.select_for_update().open().filter(organisation=organisation, email=email):
        earlier.move_to(InvitationState.WITHDRAWN)
    now = timezone.now()
    invitation = Invitation(
        organisation=organisation, email=email, role=role, invited_by=by, created_at=now,
        expires_at=now + INVITATION_VALID_FOR,
    )  # fmt: skip
    invitation.token_hash = tokens.invitation_hash(tokens.invitation_token(invitation))
    invitation.save()
    history.record("member.invited", organisation, by=by, invitation=invitation.pk, role=role)
    notices.tell_invited(invitation)
    return invitation


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: User) -> Invitation:
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    require(
        invitation.state == InvitationState.OPEN,
        _("This invitation is “%(state)s” now. Nothing was changed.") % {"state": invitation.get_state_display()},
        "wrong_state",
    )
    invitation.move_to(InvitationState.WITHDRAWN)
    history.record("invitation.withdrawn", invitation.organisation, by=by, invitation=invitation.pk)
    return invitation


@transaction.atomic
def accept_invitation(token: str, *, by: User) -> Membership:
    """Raises `Refusal` unless the person has proven that the invited address is theirs and it is still open.

    Who belongs to the organisation keeps the role there: an invitation to another address of an owner demotes nobody.
    """
    found = Invitation.objects.filter(token_hash=tokens.invitation_hash(token)).first()
    if found is None:
        raise Refusal(_("There is no such invitation. Nothing was changed."), "unknown_invitation", status=404)
    organisation = Organisation.objects.select_for_update().get(pk=found.organisation_id)
    invitation = Invitation.objects.select_for_update().get(pk=found.pk)
    require(
        is_addressed_to(invitation, by),
        _("This invitation was sent to another address than yours. Sign in with the address it came to."),
        "other_address",
    )
    require(
        Invitation.objects.usable().filter(pk=invitation.pk).exists(),
        _(
            "This invitation was used, withdrawn or has expired, or the person who sent it is no longer an owner. "
            "Ask for a new one; nothing was changed."
        ),
        "invitation_over",
    )
    require(
        not Membership.objects.active().filter(user=by, organisation=organisation).exists(),
        _("You belong to this organisation already. Nothing was changed."),
        "member_already",
    )
    membership, _made = Membership.objects.update_or_create(
        user=by, organisation=organisation, defaults={"role": invitation.role, "active": True}
    )
    invitation.move_to(InvitationState.ACCEPTED)
    history.record("member.joined", organisation, by=by, role=invitation.role, invitation=invitation.pk)
    notices.tell_owners(organisation, "member_joined", by=by, role=str(invitation.role))
    return membership


def is_addressed_to(invitation: Invitation, user: User) -> bool:
    return EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True).exists()


@transaction.atomic
def change_role(membership: Membership, role: str, *, by: User) -> Membership:
    """Raises `Refusal` if nobody would own the organisation afterwards."""
    membership = _locked(membership)
    if membership.role == role:
        return membership
    _require_another_owner(membership)
    former, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    history.record("member.role_changed", membership.organisation, by=by, user=membership.user_id, was=former, now=role)
    return membership


@transaction.atomic
def deactivate_member(membership: Membership, *, by: User) -> Membership:
    """The person no longer acts for the organisation; what they did stays."""
    membership = _locked(membership)
    _require_another_owner(membership)
    membership.active = False
    membership.save(update_fields=["active"])
    history.record("member.deactivated", membership.organisation, by=by, user=membership.user_id)
    return membership


def _locked(membership: Membership) -> Membership:
    """The organisation's row is locked first: two owners who leave at once are counted one after the other."""
    Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    found = Membership.objects.active().select_related("organisation", "user").filter(pk=membership.pk).first()
    if found is None:
        raise Refusal(_("This person no longer belongs to the organisation. Nothing was changed."), "not_a_member")
    return found


def _require_another_owner(membership: Membership) -> None:
    others = Membership.objects.owners_of(membership.organisation).exclude(pk=membership.pk)
    last = membership.role == MembershipRole.OWNER and not others.exists()
    require(
        not last,
        _("%(person)s is the last owner. Make somebody else owner first; nothing was changed.")
        % {"person": membership.user},
        "last_owner",
    )
