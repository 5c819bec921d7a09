"""What a request carries here beyond Django's: set by the middlewares of accounts and htmx."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from portal.accounts.models import Membership, Organisation, User


def is_visitor(request: HttpRequest) -> bool:
    return not request.user.is_authenticated


class MemberRequest(HttpRequest):
    """A signed-in person's request; of a visitor only `htmx` and an empty `memberships` may be read."""

    user: User
    memberships: list[Membership]
    membership: Membership | None
    organisation: Organisation | None
    htmx: HtmxDetails
