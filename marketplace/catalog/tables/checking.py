"""From the rows of a file to what would be added and changed, with every fault named by row and column.

Four queries for a file of any length: the rows that stand already, what cells may name, and which cards are leased.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from marketplace.catalog import occupancy
from marketplace.catalog.models import Card, CardState, Provider
from marketplace.catalog.tables.kinds import Kind, cells_of, everything, known_to, owner_of, value_of
from portal.web.sheets.reading import Fault, Row, Table, read
from portal.web.texts import normal

LEAVING = (CardState.MAINTENANCE, CardState.RETIRED)
KEPT = {"state", "min_hours"}
"""Columns with a default: for an object that stands, an empty cell keeps what it has."""


@dataclass
class Change:
    """A row that says something new: of an object that stands (`before`), or of one that is to be added."""

    row: Row
    before: Any
    values: dict[str, Any]
    """All of a new object's, and of one that stands those that differ; without those of cells that have faults."""


@dataclass
class Checked:
    kind: Kind
    table: Table
    added: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    same: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def head(self, name: str) -> str:
        """The column as the file calls it."""
        return self.table.heads.get(name) or self.kind.head_of(name)

    def blame(self, row: Row, name: str, sentence: str) -> None:
        self.faults.append(Fault(row.number, self.head(name), sentence, row.cells.get(name, "")))

    def counts(self) -> dict[str, int]:
        return {"added": len(self.added), "changed": len(self.changed), "same": len(self.same)}


def compare(kind: Kind, provider: Provider, data: bytes, encoding: str = "") -> Checked:
    """What the file says against what the province has registered. Changes nothing."""
    table = read(data, kind.names(), kind.most, encoding=encoding)
    table.rows = [_in_usual_width(kind, row) for row in table.rows]
    checked = Checked(kind, table, faults=list(table.faults))
    if table.rows and kind.key not in table.heads:
        sentence = _("This column is missing. It says which row is which.")
        checked.faults.append(Fault(1, kind.head_of(kind.key), sentence))
    elif table.rows:
        _compare_rows(checked, provider)
        _special_faults(checked)
        places = {head: place for place, head in enumerate(table.heads.values())}
        checked.faults.sort(key=lambda fault: (fault.row, places.get(fault.column, -1)))
        _leave_out_wrong_rows(checked)
    return checked


def _in_usual_width(kind: Kind, row: Row) -> Row:
    """The row with the cells that name something written in their one form."""
    named = {name: normal.text(cell) for name, cell in row.cells.items() if name in kind.named}
    return Row(row.number, row.cells | named)


def _leave_out_wrong_rows(checked: Checked) -> None:
    wrong = {fault.row for fault in checked.faults}
    whole = 1 not in wrong  # or new rows lack columns
    checked.added = [change for change in checked.added if whole and change.row.number not in wrong]
    checked.changed = [change for change in checked.changed if change.row.number not in wrong]
    checked.same = [row for row in checked.same if row.number not in wrong]


def _compare_rows(checked: Checked, provider: Provider) -> None:
    kind, table = checked.kind, checked.table
    keys = [row.cells[kind.key] for row in table.rows]
    standing = {str(getattr(one, kind.key)): one for one in everything(kind).filter(**{f"{kind.key}__in": keys})}
    known = known_to(kind, provider)
    lacking = [column.name for column in kind.columns if column.must and column.name not in table.heads]
    first: dict[str, int] = {}
    for row in table.rows:
        key = row.cells[kind.key]
        if key and first.setdefault(key, row.number) != row.number:
            checked.blame(row, kind.key, _("Row %(row)s has the same already.") % {"row": first[key]})
        before = standing.get(key)
        if before is None:
            _add(checked, row, known, lacking)
        elif owner_of(before) == provider.pk:
            _change(checked, row, before, known)
        else:
            checked.blame(row, kind.key, _("Another provider of this province has registered it."))
            _cleaned(checked, row, row.cells, known, lacking)
    if lacking and len(standing) < len(first):
        checked.faults += [Fault(1, kind.head_of(name), _("New rows need this column.")) for name in lacking]


def _add(checked: Checked, row: Row, known: Any, lacking: Iterable[str]) -> None:
    checked.added.append(Change(row, None, _cleaned(checked, row, row.cells, known, lacking)))


def _change(checked: Checked, row: Row, before: Any, known: Any) -> None:
    kind = checked.kind
    stands = cells_of(kind, before, words=True)
    if all(cell == stands[name] for name, cell in row.cells.items()):
        checked.same.append(row)
        return
    kept = {name: stands[name] for name, cell in row.cells.items() if name in KEPT and not cell}
    cleaned = _cleaned(checked, row, stands | row.cells | kept, known)
    said = {name: cleaned[name] for name in row.cells if name in cleaned}
    differing = {name: value for name, value in said.items() if value != value_of(before, name)}
    if differing:
        checked.changed.append(Change(row, before, differing))
    else:
        checked.same.append(row)


def _cleaned(
    checked: Checked, row: Row, cells: Mapping[str, str], known: Any, lacking: Iterable[str] = ()
) -> dict[str, Any]:
    """The values of the cells that are sound; the others are blamed, but for columns that the file lacks."""
    form = checked.kind.form(cells, known)
    for name, errors in form.errors.items():
        if name not in lacking:
            checked.blame(row, name, str(errors[0]))
    return form.cleaned_data


# What only one kind has ------------------------------------------------------------------------


def _special_faults(checked: Checked) -> None:
    if checked.kind.name == "offers":
        _offers_stay(checked)
    if checked.kind.name == "cards":
        _cards_stay(checked)


def _offers_stay(checked: Checked) -> None:
    """An import describes and prices; publishing and withdrawing are acts of their own."""
    sentence = _("An import does not publish, pause or withdraw. Leave this cell as it was exported, or empty.")
    for change in checked.changed:
        if "state" in change.values:
            checked.blame(change.row, "state", sentence)
        if change.values.get("unit") == "":
            checked.blame(change.row, "unit", _("An offer that has a price keeps one. Pause it to stop its sale."))
    for change in checked.added:
        if change.values.pop("state", "draft") != "draft":
            checked.blame(change.row, "state", sentence)


def _cards_stay(checked: Checked) -> None:
    """A card keeps its pool and its node, and moves between states as long as no lease occupies it."""
    leased = _leased(checked)
    for change in checked.changed:
        for name in {"pool", "node"} & change.values.keys():
            sentence = _("A registered card stays in its pool and its node. Retire it, and register it anew.")
            checked.blame(change.row, name, sentence)
        state = change.values.get("state")
        if state and (sentence := _unmovable(change.before, state)):
            checked.blame(change.row, "state", sentence)
        if state and change.before.pk in leased:
            checked.blame(change.row, "state", _("This card is leased or reserved until its lease has ended."))
    for change in checked.added:
        if change.values.get("state") in (CardState.RETIRED, CardState.QUARANTINED):
            checked.blame(change.row, "state", _("A new card is in service or under maintenance."))


def _unmovable(card: Card, to: str) -> str:
    """Why the card cannot be moved so, whoever leases it; empty if it can."""
    if CardState.QUARANTINED in (card.state, to):
        return _("Only the platform puts a card into quarantine, and only staff of the province lift it.")
    return "" if card.moves.allows(card.state, to) else _("This card was taken out for good, which stands.")


def _leased(checked: Checked) -> set[int]:
    moving = [change.before.pk for change in checked.changed if change.values.get("state", "") in LEAVING]
    found = Card.objects.filter(occupancy.occupied(), pk__in=moving) if moving else Card.objects.none()
    return set(found.values_list("pk", flat=True))
