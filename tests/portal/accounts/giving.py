"""Staff roles given as people give them: asked for, confirmed, accepted with an own second factor."""

from allauth.mfa.models import Authenticator

from portal.accounts import actions
from portal.accounts.models import GrantState, RoleGrant, StaffRole, User
from tests.portal.accounts.people import with_second_factor


def offered(user: User, role: str, *, by: User, second: User | None = None, province: str = "nation") -> RoleGrant:
    """As far as the offer; `second` confirms where the role needs it."""
    grant = actions.request_role(user, province, role, by=by)
    if grant.state == GrantState.AWAITING_SECOND:
        assert second is not None
        grant = actions.confirm_role(grant, by=second)
    return grant


def given(user: User, role: str, *, by: User, second: User | None = None, province: str = "nation") -> StaffRole:
    if not Authenticator.objects.filter(user=user).exists():
        with_second_factor(user)
    return actions.accept_role(offered(user, role, by=by, second=second, province=province), by=user)
