"""Who may do what with the objects of this app."""

from tenants.registry import MemberRight

MEMBER_RIGHTS = (MemberRight("organisation.export", ("owner",)),)
