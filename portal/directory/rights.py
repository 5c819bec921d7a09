"""Who may do what with the objects of this app."""

from tenants.registry import Withheld, rights_on

RIGHTS = (
    *rights_on("directory.cardmodel", operator="view add change", regulator="view", data_bureau="view"),
    *rights_on("directory.cardmodelrequest", operator="view approve refuse"),
    *rights_on("directory.basemodel", operator="view add change", regulator="view", data_bureau="view"),
    *rights_on("directory.availability", operator="view", regulator="view", data_bureau="view"),
    *rights_on("directory.identifier", operator="view", regulator="view", data_bureau="view"),
    *rights_on("directory.offerindex", operator="view", regulator="view", data_bureau="view"),
    *rights_on("directory.orderindex", operator="view", regulator="view", data_bureau="view", finance="view"),
)
WITHHELD = (
    Withheld("buyers", "directory.orderindex", ("organisation", "purchase_id")),
    Withheld("prices", "directory.orderindex", ("total_u",)),
    Withheld("prices", "directory.offerindex", ("price_out_u", "price_u", "prices")),
    Withheld("prices", "directory.basemodel", ("price_as_of", "price_in", "price_out")),
)
