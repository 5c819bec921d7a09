"""Who may do what with the objects of this app."""

from tenants.registry import Withheld, rights_on

RIGHTS = (
    *rights_on("settlement.meter", operator="view", regulator="view", data_bureau="view", finance="view"),
    *rights_on("settlement.usage", operator="view", regulator="view", data_bureau="view", finance="view"),
)
WITHHELD = (
    Withheld("prices", "settlement.meter", ("captured_u",)),
    Withheld("prices", "settlement.usage", ("amount_u",)),
)
