"""Acts of staff against somebody: each needs a reason, which history keeps and the owners of what it concerns read."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from portal.accounts import notices
from portal.accounts.models import Organisation, User
from tenants import history
from tenants.acts import reasoned


def with_reason(
    act: Callable[..., Any], name: str, organisation_of: Callable[[Any], Organisation]
) -> Callable[..., Any]:
    """The act as staff do it: with `reason=`, and an e-mail; `name` chooses its sentence (emails/staff_act.txt)."""

    @transaction.atomic
    def done_with_reason(thing: Any, *, reason: str, by: User) -> Any:
        reason = reasoned(reason)
        with history.because(reason):
            done = act(thing, by=by)
        notices.tell_of_staff_act(organisation_of(thing), name, thing, reason=reason)
        return done

    return done_with_reason
