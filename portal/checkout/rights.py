"""Who may do what with the objects of this app."""

from tenants.registry import MemberRight, Withheld, rights_on

RIGHTS = (
    *rights_on("checkout.quote", operator="view"),
    *rights_on("checkout.purchase", operator="view", data_bureau="view", finance="view"),
)
WITHHELD = (
    Withheld("buyers", "checkout.purchase", ("key", "organisation", "quote", "requested_by")),
    Withheld("prices", "checkout.purchase", ("total_u",)),
)
MEMBER_RIGHTS = (
    MemberRight("purchase", ("owner", "approver", "buyer")),
    MemberRight("approve", ("owner", "approver")),
    MemberRight("requests.ask", ("owner", "approver", "buyer")),
    MemberRight("requests.answer", ("owner", "approver")),
    MemberRight("purchases.view", ("owner", "approver", "buyer", "finance", "viewer")),
)
