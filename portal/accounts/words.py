"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("People and organisations")
OBJECTS = {
    "accounts.apikey": npgettext_lazy("object", "API key", "API keys"),
    "accounts.invitation": npgettext_lazy("object", "invitation", "invitations"),
    "accounts.membership": npgettext_lazy("object", "membership", "memberships"),
    "accounts.organisation": npgettext_lazy("object", "organisation", "organisations"),
    "accounts.rolegrant": npgettext_lazy("object", "staff role under way", "staff roles under way"),
    "accounts.staffrole": npgettext_lazy("object", "staff role", "staff roles"),
    "accounts.user": npgettext_lazy("object", "person", "people"),
}
"""Kinds of objects: one, several."""
FIELDS = {
    "code_proof": pgettext_lazy("field", "proof of the credit code"),
    "code_proven_by": pgettext_lazy("field", "proof recorded by"),
    "date_joined": pgettext_lazy("field", "signed up at"),
    "email": pgettext_lazy("field", "e-mail address"),
    "invited_by": pgettext_lazy("field", "invited by"),
    "is_active": pgettext_lazy("field", "account open"),
    "last_login": pgettext_lazy("field", "last sign-in"),
    "last_used_at": pgettext_lazy("field", "last used"),
    "monthly_limit_u": pgettext_lazy("field", "limit per month"),
    "offered_at": pgettext_lazy("field", "offered at"),
    "prefix": pgettext_lazy("field", "prefix"),
    "purchase_limit_u": pgettext_lazy("field", "limit per purchase"),
    "rejection_reason": pgettext_lazy("field", "reason for the return"),
    "role": pgettext_lazy("field", "role"),
    "scopes": pgettext_lazy("field", "scopes"),
    "suspension_reason": pgettext_lazy("field", "reason for the suspension"),
    "verified_at": pgettext_lazy("field", "verified at"),
}
ACTS = {
    "account.closed": pgettext_lazy("recorded act", "account closed"),
    "invitation.withdrawn": pgettext_lazy("recorded act", "invitation withdrawn"),
    "key.created": pgettext_lazy("recorded act", "API key made"),
    "key.revoked": pgettext_lazy("recorded act", "API key revoked"),
    "key.rotated": pgettext_lazy("recorded act", "API key replaced"),
    "member.deactivated": pgettext_lazy("recorded act", "membership ended"),
    "member.invited": pgettext_lazy("recorded act", "member invited"),
    "member.joined": pgettext_lazy("recorded act", "member joined"),
    "member.role_changed": pgettext_lazy("recorded act", "member's role changed"),
    "organisation.became_provider": pgettext_lazy("recorded act", "organisation became a provider"),
    "organisation.code_proven": pgettext_lazy("recorded act", "proof of the credit code recorded"),
    "organisation.created": pgettext_lazy("recorded act", "organisation registered"),
    "organisation.edited": pgettext_lazy("recorded act", "organisation's facts changed"),
    "organisation.rejected": pgettext_lazy("recorded act", "verification returned"),
    "organisation.resumed": pgettext_lazy("recorded act", "organisation resumed"),
    "organisation.submitted": pgettext_lazy("recorded act", "submitted for verification"),
    "organisation.suspended": pgettext_lazy("recorded act", "organisation suspended"),
    "organisation.verified": pgettext_lazy("recorded act", "organisation verified"),
    "person.created": pgettext_lazy("recorded act", "person added"),
    "role_grant.confirmed": pgettext_lazy("recorded act", "staff role confirmed by a second operator"),
    "role_grant.declined": pgettext_lazy("recorded act", "staff role declined"),
    "role_grant.refused": pgettext_lazy("recorded act", "staff role refused"),
    "role_grant.requested": pgettext_lazy("recorded act", "staff role asked for"),
    "staff_role.added": pgettext_lazy("recorded act", "staff role given"),
    "staff_role.deactivated": pgettext_lazy("recorded act", "staff role ended"),
}
FACTS = {
    "check_character_fits": pgettext_lazy("recorded fact", "check character of the credit code fits"),
    "proof": pgettext_lazy("recorded fact", "proof"),
    "invitation": pgettext_lazy("recorded fact", "invitation"),
    "now": pgettext_lazy("recorded fact", "now"),
    "successor": pgettext_lazy("recorded fact", "successor"),
    "works_until": pgettext_lazy("recorded fact", "works until"),
}
"""Names of facts of a record that are not fields of a model."""
MEMBER_ACTS = {
    "organisation.edit": _("edit the facts before verification"),
    "organisation.submit": _("submit them for verification"),
    "members.manage": _("invite members and change roles"),
    "keys.manage": _("make and revoke API keys"),
}
"""Acts of members in the name of their organisation."""
