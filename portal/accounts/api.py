"""What every API view uses: pages by cursor, scopes, and the organisation a request acts for."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import pagination, permissions
from rest_framework.request import Request

from portal.accounts.models import ApiKey, Organisation


class CursorPagination(pagination.CursorPagination):
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class HasScope(permissions.BasePermission):
    """The key carries the view's scope: `scopes` maps HTTP methods, or `*`, to a scope. Sessions carry all."""

    message = gettext_lazy("This key may not do that: a scope is missing.")

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        scopes = getattr(view, "scopes", {})
        wanted = scopes.get(request.method, scopes.get("*"))
        return wanted is None or wanted in request.auth.scopes


def acting_organisation(request: Request) -> Organisation:
    """The key's organisation, or the one the person acts for. Raises 403 if there is none."""
    if isinstance(request.auth, ApiKey):
        return request.auth.organisation
    organisation = getattr(request._request, "organisation", None)
    if organisation is None:
        raise PermissionDenied(_("You do not belong to an organisation yet. Nothing was changed."))
    return organisation
