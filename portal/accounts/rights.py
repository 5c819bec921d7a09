"""Who may do what with the objects of this app."""

from tenants.registry import MemberRight, Signature, rights_on

RIGHTS = (
    *rights_on("accounts.user", operator="view"),
    *rights_on(
        "accounts.organisation",
        operator="view verify reject suspend resume",
        data_bureau="view",
        finance="view",
    ),
    *rights_on("accounts.membership", operator="view"),
    *rights_on("accounts.invitation", operator="view"),
    *rights_on("accounts.staffrole", operator="view deactivate"),
    *rights_on("accounts.rolegrant", operator="view add confirm refuse"),
    *rights_on("accounts.apikey", operator="view revoke"),
)
SIGNATURES = (
    Signature("accounts.organisation", ("verify",)),
    Signature("accounts.rolegrant", ("add", "confirm")),
)
MEMBER_RIGHTS = (
    MemberRight("organisation.edit", ("owner",)),
    MemberRight("organisation.submit", ("owner",)),
    MemberRight("members.manage", ("owner",)),
    MemberRight("keys.manage", ("owner",)),
)
