"""Who may do what with the objects of this app."""

from tenants.registry import MemberRight, rights_on

RIGHTS = (
    *rights_on("activation.agent", operator="view pause resume revoke", regulator="view"),
    *rights_on("activation.enrolmentcode", operator="view add"),
    *rights_on("activation.assignment", operator="view", regulator="view"),
    *rights_on("activation.capacityreport", operator="view", regulator="view"),
    *rights_on("activation.command", operator="view"),
    *rights_on("activation.refusedrows", operator="view", regulator="view"),
    *rights_on("activation.resource", operator="view"),
)
MEMBER_RIGHTS = (
    MemberRight("agents.manage", ("owner", "approver")),
    MemberRight("credentials.view", ("owner", "approver", "buyer")),
)
