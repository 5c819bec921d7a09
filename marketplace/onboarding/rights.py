"""Who may do what with the objects of this app."""

from tenants.registry import MemberRight, Signature, Withheld, rights_on

RIGHTS = (
    *rights_on(
        "onboarding.application",
        operator="view check return approve refuse settle",
        regulator="view",
        data_bureau="view",
    ),
)
SIGNATURES = (Signature("onboarding.application", ("check", "approve", "settle")),)
WITHHELD = (Withheld("contacts", "onboarding.application", ("answers", "approved_by", "objections", "started_by")),)
MEMBER_RIGHTS = (MemberRight("provider.apply", ("owner",)),)
