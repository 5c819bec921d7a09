"""Who may do what with the objects of this app."""

from tenants.registry import MemberRight, rights_on

RIGHTS = (
    *rights_on(
        "catalog.provider",
        operator="view pause resume",
        regulator="view",
        data_bureau="view",
        finance="view",
    ),
    *rights_on("catalog.site", operator="view", regulator="view", data_bureau="view"),
    *rights_on("catalog.pool", operator="view pause resume", regulator="view", data_bureau="view"),
    *rights_on("catalog.card", operator="view", regulator="view", data_bureau="view"),
    *rights_on("catalog.offer", operator="view pause resume", regulator="view", data_bureau="view"),
    *rights_on("catalog.planversion", operator="view", data_bureau="view", finance="view"),
)
MEMBER_RIGHTS = (
    MemberRight("offers.manage", ("owner", "approver")),
    MemberRight("supply.manage", ("owner", "approver")),
)
