"""Closing an account: the person is gone from it at once, what they did stays by number.

Apps above say in a module `obstacles` what keeps an organisation from losing its last owner: money, orders, offers.
"""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.actions.keys import revoke_api_key
from portal.accounts.actions.staff import decline_all, end_role
from portal.accounts.models import Invitation, InvitationState, Membership, Organisation, User
from portal.accounts.roles import MembershipRole
from portal.web.wording import gap
from tenants import history, registry
from tenants.acts import require

GONE = "invalid"
"""Top-level domain that no mail can ever reach (RFC 2606)."""


@transaction.atomic
def close_account(user: User, *, by: User) -> User:
    """End everything the person can do and remove what says who they are; nobody can sign in with it again.

    Raises `Refusal` for the last owner of an organisation that others belong to or that has running orders or money,
    and for the last operator of the nation.
    """
    for pk in sorted(user.memberships.values_list("organisation", flat=True)):
        Organisation.objects.select_for_update().get(pk=pk)
    user = User.objects.select_for_update().get(pk=user.pk)
    require(user.is_active, _("This account is closed already. Nothing was changed."), "closed")
    for membership in Membership.objects.active().filter(user=user).select_related("organisation").order_by("pk"):
        _leave(membership, by)
    for role in user.staff_roles.filter(active=True).order_by("pk"):
        end_role(role, by=by)
    decline_all(user, by=by)
    _forget(user)
    history.record("account.closed", user, by=by)
    return user


def _leave(membership: Membership, by: User) -> None:
    organisation = membership.organisation
    owners = Membership.objects.owners_of(organisation).exclude(pk=membership.pk)
    if membership.role == MembershipRole.OWNER and not owners.exists():
        others = Membership.objects.active().filter(organisation=organisation).exclude(pk=membership.pk)
        require(
            not others.exists(),
            _("You are the last owner of %(name)s. Make somebody else owner first; nothing was closed.")
            % {"name": organisation.name},
            "last_owner",
        )
        obstacles = registry.functions("obstacles", "reason")
        reasons = [reason for reason in (obstacle(organisation) for obstacle in obstacles) if reason]
        require(not reasons, gap().join(reasons), "last_owner")
        for key in organisation.api_keys.standing():
            revoke_api_key(key, by=by)
    membership.active = False
    membership.save(update_fields=["active"])
    history.record("member.deactivated", organisation, by=by, user=membership.user_id)


def _forget(user: User) -> None:
    addresses = list(EmailAddress.objects.filter(user=user).values_list("email", flat=True))
    for invitation in Invitation.objects.filter(email__in=[*addresses, user.email]):
        _forget_invitation(invitation)
    for session in UserSession.objects.filter(user=user):
        session.end()
    for model in (EmailAddress, Authenticator):
        model.objects.filter(user=user).delete()
    user.email, user.name, user.phone, user.language = f"closed-{user.pk}@account.{GONE}", "", "", ""
    user.is_active, user.last_login = False, None
    user.set_unusable_password()
    user.save(update_fields=["email", "name", "phone", "language", "is_active", "last_login", "password"])


def _forget_invitation(invitation: Invitation) -> None:
    if invitation.state == InvitationState.OPEN:
        invitation.move_to(InvitationState.WITHDRAWN)
    forget_address(invitation)


def forget_address(invitation: Invitation) -> None:
    """The invitation stays as proof of who was asked in, without the address."""
    invitation.email = f"invited-{invitation.pk}@account.{GONE}"
    invitation.save(update_fields=["email"])
