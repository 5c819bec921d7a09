"""People, organisations, who belongs where, and who may act for the platform."""

from portal.accounts.models.exports import DataExport, DataExportState
from portal.accounts.models.keys import ApiKey, IdempotentAnswer
from portal.accounts.models.memberships import Invitation, InvitationState, Membership
from portal.accounts.models.organisations import Organisation, OrganisationKind, OrganisationState
from portal.accounts.models.people import User, UserManager
from portal.accounts.models.roles import GrantState, RoleGrant, StaffRole

__all__ = [
    "ApiKey",
    "DataExport",
    "DataExportState",
    "GrantState",
    "IdempotentAnswer",
    "Invitation",
    "InvitationState",
    "Membership",
    "Organisation",
    "OrganisationKind",
    "OrganisationState",
    "RoleGrant",
    "StaffRole",
    "User",
    "UserManager",
]
