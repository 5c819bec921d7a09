"""What every door of the API shares: who may knock, for whom it acts, how lists are cut into pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import ListField, MultipleChoiceField
from rest_framework.metadata import BaseMetadata
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts import permissions
from portal.accounts.models import ApiKey, Organisation, User
from portal.api import bodies
from portal.api.openapi import DoorSchema
from portal.api.pagination import CursorPagination
from portal.api.shapes import Shape
from tenants.context import in_public

__all__ = ["CursorPagination"]

LISTS = (ListField, MultipleChoiceField)


class HasScope(BasePermission):
    """A key needs the scope that the view names for the method, and its maker the right behind the scope.

    People, visitors and what is a 405 pass.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return True
        scope = view.scope_of(str(request.method))
        if not view.answers(request):
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


class Methods(BaseMetadata):
    """The answer to OPTIONS. The description at `/api/schema/` says what each method takes."""

    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        return {"methods": view.allowed_methods}


class Door(APIView):
    """An address of the API for keys and signed-in people, on `public` whatever host it was asked at.

    What it takes is named here, once for the description and for reading: any other name is refused (422).
    """

    permission_classes: tuple[type[BasePermission], ...] = (IsAuthenticated, HasScope)
    metadata_class = Methods
    schema: Any = DoorSchema()
    scopes: ClassVar[Mapping[str, str]] = {}
    """HTTP method → scope that a key needs; a method that is not named is closed to keys."""
    asks: ClassVar[Mapping[str, type[Shape]]] = {}
    """HTTP method → shape of its query, beside the cursor and size of a list's pages. Other methods have no query."""
    takes: ClassVar[Mapping[str, type[Shape]]] = {}
    """HTTP method → shape of its body. Other methods have no body."""
    asked: dict[str, Any]
    """What the query says; only what stands there, and defaults."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with in_public():
            return super().dispatch(request, *args, **kwargs)

    @classmethod
    def scope_of(cls, method: str) -> str:
        """HEAD and OPTIONS tell no more than GET; an address without GET is asked with any scope that it has."""
        if method in ("HEAD", "OPTIONS"):
            return cls.scopes.get("GET") or next(iter(cls.scopes.values()), "")
        return cls.scopes.get(method, "")

    def answers(self, request: Request) -> bool:
        """Whether there is such a method here: what is a 405 is nothing else."""
        return hasattr(self, str(request.method).lower())

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.answers(request):
            self.asked = self.read_query(request)

    def read_query(self, request: Request) -> dict[str, Any]:
        """What the address asks for. Raises `ValidationError` for names that it does not know."""
        method = "GET" if request.method in ("HEAD", "OPTIONS") else str(request.method)
        if not request._request.GET and method not in self.asks:
            return {}
        query = request._request.GET.copy()
        for name in self._paging(method):
            query.pop(name, None)
        question = self.asks.get(method, Shape)(data=query)
        question.is_valid()
        faults = {**question.errors, **_odd(question, query)}
        if faults:
            raise ValidationError(faults)
        return dict(question.validated_data)

    def _paging(self, method: str) -> list[str]:
        pages: Any = getattr(self, "pagination_class", None)
        return [pages.cursor_query_param, pages.page_size_query_param] if pages and method == "GET" else []

    def check_body(self, request: Request) -> None:
        """A method without a shape in `takes` takes no body. `said` reads the others.

        Asked by `answer_once`, when it is known that the caller may do this at all.
        """
        if request.method not in self.takes:
            Shape(data=request.data).is_valid(raise_exception=True)

    def said(self, request: Request) -> dict[str, Any]:
        """The body, as `takes` shapes it; of a PATCH only what stands there."""
        method = str(request.method)
        body = self.takes[method](data=request.data, partial=method == "PATCH")
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def finalize_response(self, request: Any, response: Response, *args: Any, **kwargs: Any) -> Response:
        response.headers.setdefault("Cache-Control", "private, no-store")
        return super().finalize_response(request, response, *args, **kwargs)


def _odd(question: Shape, query: QueryDict) -> dict[str, Any]:
    """Names that stand there more than once and are no lists, and texts that nothing can hold."""
    faults = {}
    for name, values in query.lists():
        field = question.fields.get(name)
        if any("\0" in text for text in (name, *values)):
            faults[bodies.shown(name)] = [bodies.unstorable()]
        elif len(values) > 1 and not isinstance(field, LISTS):
            faults[name] = [ErrorDetail(_("This stands in the address more than once."), "twice")]
    return faults


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
