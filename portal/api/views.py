"""What every door of the API shares: who may knock, for whom it acts, how lists are cut into pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts import permissions
from portal.accounts.models import ApiKey, Organisation, User
from portal.api.openapi import DoorSchema
from portal.api.pagination import CursorPagination
from tenants.context import in_public

__all__ = ["CursorPagination"]


class HasScope(BasePermission):
    """A key needs the scope that the view names for the method, and its maker the right behind the scope.

    People, visitors and what is a 405 pass.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return True
        scope = view.scopes.get(request.method, "")
        if not hasattr(view, str(request.method).lower()):
            return True
        if scope not in key.scopes:
            self.code = "scope_missing"
            self.message = _("This key does not have the scope “%(scope)s”. Nothing was done.") % {"scope": scope}
            return False
        self.code = "maker_may_not"
        self.message = _(
            "The role in %(organisation)s of the person who made this key no longer allows “%(scope)s”. "
            "Nothing was done; an owner can make another key."
        ) % {"organisation": key.organisation.name, "scope": scope}
        return permissions.key_may(key, scope)


class Door(APIView):
    """An address of the API for keys and signed-in people, on `public` whatever host it was asked at."""

    permission_classes: tuple[type[BasePermission], ...] = (IsAuthenticated, HasScope)
    schema: Any = DoorSchema()
    scopes: ClassVar[Mapping[str, str]] = {}
    """HTTP method → scope that a key needs; a method that is not named is closed to keys."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with in_public():
            return super().dispatch(request, *args, **kwargs)

    def finalize_response(self, request: Any, response: Response, *args: Any, **kwargs: Any) -> Response:
        response.headers.setdefault("Cache-Control", "private, no-store")
        return super().finalize_response(request, response, *args, **kwargs)


class OpenDoor(Door):
    """The same, open to visitors as well."""

    permission_classes = (AllowAny, HasScope)


@dataclass(frozen=True)
class Acting:
    """For whom a request acts, and who is responsible."""

    organisation: Organisation
    user: User
    """The person, or the person who made the key."""
    key: ApiKey | None = None

    @property
    def by(self) -> User | ApiKey:
        """Whom history names."""
        return self.key or self.user


def acting(request: Request, right: str) -> Acting:
    """The key's organisation, or the acting organisation of a person who has this right in it (403 otherwise).

    `right` is a word of `permissions.MEMBERS`; of a key `HasScope` has checked scopes and its maker's role.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied(_("Only members of an organisation may do this. Nothing was done."))
    if isinstance(request.auth, ApiKey):
        return Acting(request.auth.organisation, request.user, request.auth)
    membership = permissions.require_right(request._request, right)
    return Acting(membership.organisation, request.user)


def organisation_of(request: Request) -> Organisation | None:
    """The acting organisation, or None for visitors and for people who belong to none."""
    if isinstance(request.auth, ApiKey):
        return request.auth.organisation
    organisation: Organisation | None = request._request.organisation  # type: ignore[attr-defined]
    return organisation
