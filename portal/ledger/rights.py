"""Who may do what with the objects of this app."""

from tenants.registry import MemberRight, Signature, rights_on

RIGHTS = (
    *rights_on("ledger.topup", operator="view", finance="view add book refuse reverse confirm keep"),
    *rights_on("ledger.account", finance="view"),
    *rights_on("ledger.transaction", finance="view"),
    *rights_on("ledger.posting", finance="view"),
    *rights_on("ledger.reservation", finance="view"),
)
SIGNATURES = (Signature("ledger.topup", ("add", "book", "reverse", "confirm")),)
MEMBER_RIGHTS = (MemberRight("wallet.view", ("owner", "approver", "buyer", "finance")),)
