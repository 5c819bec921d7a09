"""Rights of staff, as Django asks for them: `user.has_perm("catalog.view_offer")`."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from portal.accounts import permissions


class RoleBackend(BaseBackend):
    """Answers from the table in `permissions`, for the province the connection is in now. Keeps nothing."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        label, verb = permissions.parse(perm)
        return permissions.may(user_obj, verb, label)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return permissions.may_enter(user_obj, app_label)
