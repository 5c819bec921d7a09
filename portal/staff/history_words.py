"""Records of history in words: the act, the kind of object, who acted, and the facts with money in yuan."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from portal.accounts.models import ApiKey, User
from portal.accounts.roles import MembershipRole, Role
from portal.staff import vocabulary
from portal.web.wording import beijing, money_exact
from tenants.history.models import ActorKind, Record

ACTORS = {
    ActorKind.USER: pgettext_lazy("actor", "person"),
    ActorKind.KEY: pgettext_lazy("actor", "API key"),
    ActorKind.AGENT: pgettext_lazy("actor", "site agent"),
    ActorKind.SYSTEM: pgettext_lazy("actor", "system"),
}
ROLES = dict(MembershipRole.choices) | dict(Role.choices)
MOST_OF_A_FACT = 120
"""Characters of one fact on a page."""
PEOPLE = ("user", "requested_by", "confirmed_by", "recorded_by")
"""Facts that are ids of people."""
PERSON, KEY = User._meta.label_lower, ApiKey._meta.label_lower

Names = dict[tuple[str, str], str]
"""Kind of object and id → name."""


@dataclass(frozen=True)
class Told:
    record: Record
    act: Any
    kind: Any
    subject: str
    """Its name, for people and keys; else empty."""
    actor_kind: Any
    actor: str
    """The actor's name, or empty."""
    facts: list[tuple[Any, Any]]


def told(records: Iterable[Record], *, named: bool) -> list[Told]:
    """The records in words; two queries at most. `named`: the reader may see the names of people."""
    records = list(records)
    names = _names(records) if named else {}
    return [_told(record, names) for record in records]


def act_word(act: str) -> str:
    return str(vocabulary.words("ACTS").get(act, act))


def kind_word(label: str) -> str:
    if label in vocabulary.words("OBJECTS"):
        return str(vocabulary.one(label))
    return str(vocabulary.words("OTHER_OBJECTS").get(label, label))


def _told(record: Record, names: Names) -> Told:
    return Told(
        record,
        act_word(record.act),
        kind_word(record.subject_type),
        names.get((record.subject_type, record.subject_id), ""),
        ACTORS.get(record.actor_kind, record.actor_kind),  # type: ignore[call-overload]  # a kind is its own text
        names.get(_actor(record), ""),
        [_fact(name, value, names) for name, value in record.facts.items()],
    )


def _actor(record: Record) -> tuple[str, str]:
    return ({ActorKind.USER: PERSON, ActorKind.KEY: KEY}.get(ActorKind(record.actor_kind), ""), record.actor_id)


def _names(records: list[Record]) -> Names:
    wanted = {_actor(one) for one in records} | {(one.subject_type, one.subject_id) for one in records}
    wanted |= {(PERSON, str(one.facts[name])) for one in records for name in PEOPLE if name in one.facts}
    people = [pk for kind, pk in wanted if kind == PERSON and pk.isdigit()]
    keys = [pk for kind, pk in wanted if kind == KEY and _is_uuid(pk)]
    found = [
        *(User.objects.filter(pk__in=people) if people else []),
        *(ApiKey.objects.filter(pk__in=keys) if keys else []),
    ]
    return {(one._meta.label_lower, str(one.pk)): str(one) for one in found}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _fact(name: str, value: Any, names: Names) -> tuple[Any, Any]:
    return vocabulary.words("FACTS").get(name) or vocabulary.words("FIELDS").get(name, name), _value(name, value, names)


def _value(name: str, value: Any, names: Names) -> Any:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name.endswith("_u") and isinstance(value, int):
        return money_exact(value)
    if name in PEOPLE:
        return names.get((PERSON, str(value)), value)
    if name == "list":
        return vocabulary.objects().get(value, value)
    if name in ("role", "was", "now"):
        return ROLES.get(value, value)
    if isinstance(value, list):
        names_of = vocabulary.words("FIELDS") if name == "changed" else {}
        value = pgettext("list", ", ").join(str(names_of.get(str(one), one)) for one in value)
    moment = _moment(value)
    return beijing(moment, "seconds") if moment else Truncator(value).chars(MOST_OF_A_FACT)


def _moment(value: Any) -> Any:
    """The time that a text of a fact is; history keeps them with their offset."""
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
