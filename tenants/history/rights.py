"""Who may do what with the objects of this app."""

from tenants.registry import rights_on

RIGHTS = (*rights_on("history.record", operator="view", data_bureau="view"),)
