"""Four eyes: who may sign beside somebody else.

Two signatures count only if they are two people's. Somebody who gave another person a role could sign for both, so for
a day neither the two, nor two people who have their roles from the same operator, sign the same thing.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import permissions
from portal.accounts.models import RoleGrant, User
from portal.accounts.roles import Role
from tenants import registry
from tenants.acts import Refusal, require

TIED_FOR = timedelta(hours=24)
"""How long after a role was accepted its holder and those who gave it do not sign together."""


def may_sign(role: str) -> bool:
    """Whether the role has a right that counts as a signature, here or in a province."""
    rights = permissions.table()[Role(role)]
    signatures = registry.rows("rights", "SIGNATURES")
    return any(set(one.verbs) & set(rights.get(one.object, ())) for one in signatures)


def require_other_eyes(*signed: int | None, by: User, own: str) -> None:
    """Whether `by` may sign what the people of these ids have signed before; None stands for nobody.

    Raises `Refusal` `four_eyes`: with the sentence `own` for a signature of the same person, else naming the tie.
    """
    before = {pk for pk in signed if pk is not None}
    require(by.pk not in before, own, "four_eyes")
    tied = tied_to(by.pk, before)
    if tied:
        other = User.objects.get(pk=min(tied))
        raise Refusal(
            _(
                "You and %(person)s cannot sign the same thing yet: less than 24 hours ago one of you gave the other a "
                "role, or the same operator gave a role to both. Somebody else must sign; nothing was changed."
            )
            % {"person": other},
            "four_eyes",
        )


def tied_to(person: int, others: Iterable[int]) -> set[int]:
    """Those of the others who are tied to the person by a role given within the last day; one query."""
    others = set(others)
    recent = RoleGrant.objects.accepted_since(timezone.now() - TIED_FOR).filter(user__in={person, *others})
    givers: dict[int, set[int]] = {pk: set() for pk in {person, *others}}
    for holder, *gave in recent.values_list("user", "requested_by", "confirmed_by"):
        givers[holder] |= {pk for pk in gave if pk is not None}
    mine = givers[person]
    return {pk for pk in others if pk in mine or person in givers[pk] or mine & givers[pk]}
