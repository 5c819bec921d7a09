"""The conditions that are set, each with the address that takes it away."""

from typing import NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.directory.browse.catalogue import MANY, Catalogue


class Applied(NamedTuple):
    label: str
    url: str


def applied_filters(query: QueryDict, found: Catalogue) -> list[Applied]:
    asked, applied = found.asked, []
    if asked.text:
        applied.append(Applied(asked.text, without(query, "q")))
    for name in MANY:
        for value in sorted(asked.many.get(name, ())):
            applied.append(Applied(found.label_of(name, value), without(query, name, value)))
    for one in found.switches:
        if one.chosen:
            applied.append(Applied(one.label, without(query, one.name)))
    if asked.most_u is not None:
        label = _("up to ¥%(price)s per card-hour") % {"price": f"{asked.most_u / 1_000_000:,.2f}"}
        applied.append(Applied(label, without(query, "price")))
    return applied


class Meant(NamedTuple):
    """A word that no offer holds, the word that was looked for instead, and the question with that word."""

    typed: str
    meant: str
    url: str


def words_meant(query: QueryDict, found: Catalogue) -> list[Meant]:
    meant = found.meant
    if not meant:
        return []
    right = query.copy()
    right["q"] = " ".join(meant.get(word, word) for word in found.asked.text.split())
    right.pop("page", None)
    return [Meant(typed, other, f"?{right.urlencode()}") for typed, other in meant.items()]


def without(query: QueryDict, name: str, value: str | None = None) -> str:
    """The same question without one condition, from its first page."""
    rest = query.copy()
    rest.setlist(name, [one for one in query.getlist(name) if value is not None and one != value])
    rest.pop("page", None)
    return f"?{rest.urlencode()}"
