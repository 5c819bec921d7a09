"""What people do with organisations, memberships, keys and staff roles: the only place that changes them."""

from portal.accounts.actions.closing import close_account
from portal.accounts.actions.keys import SCOPES, create_api_key, revoke_api_key, rotate_api_key
from portal.accounts.actions.members import (
    accept_invitation,
    change_role,
    deactivate_member,
    invite,
    withdraw_invitation,
)
from portal.accounts.actions.organisations import (
    become_provider,
    create_organisation,
    edit_organisation,
    prove_credit_code,
    reject_organisation,
    resume_organisation,
    submit_for_verification,
    suspend_organisation,
    verify_organisation,
)
from portal.accounts.actions.staff import (
    accept_role,
    add_staff_role,
    confirm_role,
    create_person,
    deactivate_staff_role,
    decline_role,
    refuse_role,
    request_role,
)

__all__ = [
    "SCOPES",
    "accept_invitation",
    "accept_role",
    "add_staff_role",
    "become_provider",
    "change_role",
    "close_account",
    "confirm_role",
    "create_api_key",
    "create_organisation",
    "create_person",
    "deactivate_member",
    "deactivate_staff_role",
    "decline_role",
    "edit_organisation",
    "invite",
    "prove_credit_code",
    "refuse_role",
    "reject_organisation",
    "request_role",
    "resume_organisation",
    "revoke_api_key",
    "rotate_api_key",
    "submit_for_verification",
    "suspend_organisation",
    "verify_organisation",
    "withdraw_invitation",
]
