"""For which organisation a person acts in this request."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from portal.accounts.models import Membership

SESSION_KEY = "organisation"


class OrganisationMiddleware:
    """Sets `request.memberships`, and of these the acting `request.membership` and `request.organisation`.

    The choice made on the organisation pages lies in the session; without one the oldest membership acts. Visitors
    cost no query, members one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        set_acting(request, [])
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.user.is_authenticated:
            set_acting(request, list(Membership.objects.acting_for(request.user)))


def set_acting(request: HttpRequest, memberships: list[Membership]) -> None:
    """Choose the acting membership among these."""
    chosen = request.session.get(SESSION_KEY) if memberships else None
    acting = next((one for one in memberships if str(one.organisation_id) == chosen), next(iter(memberships), None))
    request.memberships = memberships  # type: ignore[attr-defined]
    request.membership = acting  # type: ignore[attr-defined]
    request.organisation = acting.organisation if acting else None  # type: ignore[attr-defined]


def switch(request: HttpRequest, membership: Membership) -> None:
    """Act for this membership's organisation from now on."""
    request.session[SESSION_KEY] = str(membership.organisation_id)
