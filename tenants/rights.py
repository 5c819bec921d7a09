"""Who may do what with the objects of this app."""

from tenants.registry import Signature, rights_on

RIGHTS = (
    *rights_on(
        "tenants.province",
        operator="view change open backup suspend resume close confirm refuse",
        regulator="view",
        data_bureau="view",
    ),
    *rights_on("tenants.domain", operator="view"),
)
SIGNATURES = (Signature("tenants.province", ("close", "confirm")),)
