"""For whom a page of the workspace is: the provider here, and whether the person may act for it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from marketplace.catalog.models import Provider
from portal.accounts import permissions
from portal.accounts.models import User

AGENTS, SUPPLY = "agents.manage", "supply.manage"


def person(request: HttpRequest) -> User:
    """The person signed in; these pages are closed to visitors."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def provider_here(request: HttpRequest) -> Provider:
    """The provider in this province that the person belongs to, the acting organisation's first; else 404."""
    mine = list(Provider.objects.visible_to(person(request)).select_related("organisation"))
    if not mine:
        raise Http404
    acting = getattr(request.organisation, "pk", None)  # type: ignore[attr-defined]
    return next((one for one in mine if one.organisation_id == acting), mine[0])


def may(request: HttpRequest, act: str, provider: Provider) -> bool:
    return permissions.member_may(request.user, act, provider.organisation)


def require_may(request: HttpRequest, act: str, provider: Provider) -> None:
    """403 with a sentence for members without the right."""
    if not may(request, act, provider):
        raise PermissionDenied(
            _("Your role in %(organisation)s does not allow this. Nothing was changed.")
            % {"organisation": provider.organisation.name}
        )


def managed(request: HttpRequest, act: str, found: Any) -> Any:
    """The row of a provider (an agent, a code, a window's pool), for a member who may act so."""
    require_may(request, act, found.provider)
    return found
