"""Who may do what with the objects of this app."""

from tenants.registry import Withheld, rights_on

RIGHTS = (*rights_on("overview.alarm", operator="view acknowledge", regulator="view"),)
WITHHELD = (Withheld("buyers", "overview.alarm", ("acknowledged_by",)),)
