"""Who may do what with the objects of this app."""

from tenants.registry import rights_on

RIGHTS = (*rights_on("outbox.letter", operator="view retry set_aside"),)
