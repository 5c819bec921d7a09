"""Names that a reader could take for one another: a warning for whoever checks, never a refusal."""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar
from uuid import UUID

from portal.accounts.models import Organisation, OrganisationState
from portal.web.texts import normal

ALIKE = 0.7
"""Least share of pairs of neighbouring characters (Dice) that two names have in common."""
_FORMS = re.compile(
    r"股份有限公司|有限责任公司|有限公司|集团|[（(].*?[）)]|co\.?,?\s*ltd\.?|limited|inc\.?", re.IGNORECASE
)
"""What says nothing of whose name it is."""

Key = TypeVar("Key", bound=Hashable)


def like(names: Mapping[Key, str], known: Iterable[tuple[Key, str]]) -> dict[Key, list[Key]]:
    """For each name, the known ones that resemble it; itself, by its key, is none of them."""
    wanted = {key: _pairs(name) for key, name in names.items()}
    holders: dict[str, list[Key]] = defaultdict(list)
    for key, pairs in wanted.items():
        for pair in pairs:
            holders[pair].append(key)
    found: dict[Key, list[Key]] = {key: [] for key in names}
    for other, name in known:
        pairs = _pairs(name)
        shared = Counter(key for pair in pairs for key in holders.get(pair, ()))
        for key, number in shared.items():
            if key != other and 2 * number >= ALIKE * (len(pairs) + len(wanted[key])):
                found[key].append(other)
    return found


def like_named(organisations: list[Organisation]) -> dict[UUID, list[Organisation]]:
    """Organisations that staff know under a name like one of these, in Chinese or English; three queries at most."""
    known = Organisation.objects.exclude(state__in=[OrganisationState.UNVERIFIED, OrganisationState.REJECTED])
    found: dict[UUID, set[UUID]] = {one.pk: set() for one in organisations}
    for field in ("name_zh", "name_en"):
        names = {one.pk: getattr(one, field) for one in organisations if getattr(one, field)}
        rows = known.exclude(**{field: ""}).values_list("pk", field).iterator() if names else ()
        for pk, others in like(names, rows).items():
            found[pk] |= set(others)
    rows_by_pk = Organisation.objects.in_bulk({pk for others in found.values() for pk in others})
    return {pk: [rows_by_pk[other] for other in sorted(others)] for pk, others in found.items()}


def _pairs(name: str) -> frozenset[str]:
    core = normal.word(_FORMS.sub("", normal.text(name))) or normal.word(name)
    return frozenset(core[place : place + 2] for place in range(max(1, len(core) - 1)))
