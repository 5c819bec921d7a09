"""Who may do what with the objects of this app."""

from tenants.registry import MemberRight, Withheld, rights_on

RIGHTS = (
    *rights_on("orders.order", operator="view end", regulator="view", data_bureau="view", finance="view"),
    *rights_on("orders.orderline", operator="view", regulator="view", data_bureau="view", finance="view"),
    *rights_on("orders.lease", operator="view lift", regulator="view", data_bureau="view", finance="view"),
)
WITHHELD = (
    Withheld("buyers", "orders.order", ("organisation", "purchase_id", "requested_by")),
    Withheld("prices", "orders.order", ("total_u",)),
    Withheld("prices", "orders.orderline", ("plan", "price_u")),
)
MEMBER_RIGHTS = (MemberRight("orders.end", ("owner", "approver", "buyer")),)
