"""Cards of a pool: registering them, and moving them out of service and back.

Locks follow ARCHITECTURE.md: the pool, then its cards by id. A buyer who has just taken a card is waited for.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.catalog import occupancy
from marketplace.catalog.models import Card, CardState, Pool
from marketplace.catalog.supply import identifying
from portal.directory.index import actions as directory
from tenants import history
from tenants.acts import Refusal, require
from tenants.context import current_province
from tenants.history.models import Record

NAMED = 5
"""So many serials a refusal names; more are counted."""
ACTS = {
    CardState.MAINTENANCE: "cards.maintenance",
    CardState.IN_SERVICE: "cards.returned",
    CardState.RETIRED: "cards.retired",
}
BACK = {"cards.maintenance": CardState.IN_SERVICE, "cards.returned": CardState.MAINTENANCE}
"""Acts that can be taken back, and the state the cards go back to."""
MOVABLE = tuple(ACTS)
"""States a provider can move its cards to. Only the platform puts a card into quarantine, only an operator lifts it."""


def numbered(hosts: Iterable[tuple[str, int]]) -> list[tuple[str, str]]:
    """Rows of node and serial for hosts that number their cards: card *k* of a host is `<host>-c<k>`."""
    return [(host, f"{host}-c{k}") for host, count in hosts for k in range(1, count + 1)]


@transaction.atomic
def add_cards(pool: Pool, rows: Iterable[tuple[str, str]], *, by: Any = None) -> list[Card]:
    """Put cards in service: rows of node and serial. All of them or none.

    Raises `Refusal` `serial_taken` if a serial occurs twice or is registered in this province already.
    """
    pool = _locked(pool)
    rows = list(rows)
    require(rows, _("No card was named. Nothing was registered."), "no_cards")
    serials = [serial for _node, serial in rows]
    times = Counter(map(str.lower, serials))
    _refuse_serials([serial for serial in serials if times[serial.lower()] > 1])
    _refuse_serials(_registered(serials))
    try:
        with transaction.atomic():
            made = Card.objects.bulk_create(
                (Card(pool=pool, node=node, serial=serial) for node, serial in rows), batch_size=2_000
            )
    except IntegrityError:  # somebody registered one of them a moment ago
        raise _serials_taken(_registered(serials)) from None
    _recount(pool)
    history.record("cards.added", pool, by=by, cards=len(made))
    return made


@dataclass(frozen=True)
class Moved:
    """What a move of cards did; `record` is the history row it can be taken back by."""

    cards: int
    record: int


@transaction.atomic
def move_cards(pool: Pool, cards: Collection[int], to: str, *, by: Any = None) -> Moved:
    """Take cards of the pool to maintenance, back into service, or out for good. All of them or none.

    Raises `Refusal`: `card_in_use` while a live lease occupies one of them, `wrong_state` if the move is not
    legal for one of them, `card_quarantined` if one is in quarantine, `no_cards` if one is not of this pool.
    """
    pool = _locked(pool)
    found = _locked_cards(pool, cards)
    require(
        found and len(found) == len(set(cards)), _("These cards are not in this pool. Nothing was changed."), "no_cards"
    )
    _refuse_quarantined(found)
    _refuse_illegal(found, to)
    if to != CardState.IN_SERVICE:
        _refuse_occupied(found)
    Card.objects.filter(pk__in=[card.pk for card in found]).update(state=to)
    _recount(pool)
    record = history.record(ACTS[CardState(to)], pool, by=by, cards=[card.pk for card in found])
    return Moved(len(found), record.pk)


@transaction.atomic
def take_back(pool: Pool, record: int, *, by: Any = None) -> Moved:
    """Undo a move to maintenance or back into service, named by its history row.

    Raises `Refusal` `wrong_state` if it cannot be taken back, or not any more.
    """
    row = Record.objects.filter(pk=record, subject_type=pool._meta.label_lower, subject_id=str(pool.pk)).first()
    if row is None or row.act not in BACK:
        raise Refusal(_("This cannot be taken back. Nothing was changed."), "wrong_state")
    return move_cards(pool, row.facts["cards"], BACK[row.act], by=by)


# Quarantine ------------------------------------------------------------------------------------


def quarantine_cards(pool: Pool, cards: Collection[int], *, order: str) -> None:
    """Take cards off sale whose workspace was not proven removed; `order` is the number of the order they served."""
    pool = _locked(pool)
    _move(_locked_cards(pool, cards), CardState.QUARANTINED, quarantined_at=timezone.now())
    _recount(pool)
    history.record("cards.quarantined", pool, cards=sorted(cards), order=order)


def end_quarantine(card: Card, *, by: Any, reason: str) -> None:
    """The card is sold again; history keeps what the operator found. Raises `Refusal` `wrong_state`."""
    require(reason.strip(), _("Say why the quarantine is lifted. Nothing was changed."), "reason_missing")
    pool = _locked(card.pool)
    found = _locked_cards(pool, [card.pk])
    require(
        found and found[0].state == CardState.QUARANTINED,
        _("The card %(serial)s is not in quarantine. Nothing was changed.") % {"serial": card.serial},
        "wrong_state",
    )
    _move(found, CardState.IN_SERVICE, quarantined_at=None)
    _recount(pool)
    history.record("cards.quarantine_lifted", pool, by=by, cards=[card.pk], reason=reason.strip())


def _move(cards: list[Card], state: CardState, **facts: Any) -> None:
    for card in cards:
        card.move_to(state, **facts)


def _locked(pool: Pool) -> Pool:
    return Pool.objects.locked().get(pk=pool.pk)


def _locked_cards(pool: Pool, cards: Collection[int]) -> list[Card]:
    return list(pool.cards.filter(pk__in=set(cards)).order_by("pk").select_for_update(of=("self",)))


def _recount(pool: Pool) -> None:
    """Tell the nation what is left: only an agent's report makes the count fresh again.

    With its last card a pool loses its identifier; with new ones it gets another.
    """
    in_service = pool.cards.filter(state=CardState.IN_SERVICE)
    free = in_service.exclude(occupancy.occupied()).count()
    directory.refresh_availability(current_province(), pool.pk, cards=in_service.count(), free=free)
    identifying.keep(Pool.objects.filter(pk=pool.pk))


def _registered(serials: Iterable[str]) -> list[str]:
    """Those of the province's serials that are the same in capital or small letters."""
    lower = {serial.lower() for serial in serials}
    found = Card.objects.annotate(lower=Lower("serial")).filter(lower__in=lower)
    return list(found.values_list("serial", flat=True))


def _refuse_serials(serials: list[str]) -> None:
    if serials:
        raise _serials_taken(serials)


def _serials_taken(serials: list[str]) -> Refusal:
    sentence = ngettext(
        "The serial %(serials)s occurs twice or is registered already. No card was registered.",
        "The serials %(serials)s occur twice or are registered already. No card was registered.",
        len(serials),
    )
    return Refusal(sentence % {"serials": _some(serials)}, "serial_taken")


def _refuse_quarantined(cards: list[Card]) -> None:
    serials = [card.serial for card in cards if card.state == CardState.QUARANTINED]
    if serials:
        sentence = ngettext(
            "The card %(serials)s is in quarantine: its last workspace was not proven removed. No card was moved. "
            "Staff of the province lift the quarantine.",
            "%(count)s cards are in quarantine (%(serials)s): their last workspaces were not proven removed. No card "
            "was moved. Staff of the province lift the quarantine.",
            len(serials),
        )
        raise Refusal(sentence % {"serials": _some(serials), "count": len(serials)}, "card_quarantined")


def _refuse_illegal(cards: list[Card], to: str) -> None:
    illegal = [card for card in cards if not card.moves.allows(card.state, to)]
    if illegal:
        raise Refusal(
            _("%(serials)s: already “%(state)s”, or taken out for good. No card was moved.")
            % {"serials": _some([card.serial for card in illegal]), "state": CardState(to).label},
            "wrong_state",
        )


def _refuse_occupied(cards: list[Card]) -> None:
    in_use = Card.objects.filter(occupancy.occupied(), pk__in=[card.pk for card in cards])
    serials = list(in_use.order_by("pk").values_list("serial", flat=True))
    if serials:
        sentence = ngettext(
            "The card %(serials)s is leased or reserved. No card was moved. It can be moved when its lease has ended.",
            "%(count)s cards are leased or reserved (%(serials)s). No card was moved. "
            "Leave them out, or wait until their leases have ended.",
            len(serials),
        )
        raise Refusal(sentence % {"serials": _some(serials), "count": len(serials)}, "card_in_use")


def _some(serials: list[str]) -> str:
    return ", ".join(serials[:NAMED]) + (" …" if len(serials) > NAMED else "")
