"""What the page of a dry run shows: all counts, the first rows, the first faults."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.catalog.tables.checking import Change, Checked
from marketplace.catalog.tables.kinds import cell, value_of
from portal.web.sheets.reading import XLSX, Table

MOST_FAULTS = 200
MOST_CHANGES = 10
SEPARATORS = {",": gettext_lazy("comma"), ";": gettext_lazy("semicolon"), "\t": gettext_lazy("tab")}


def shown(checked: Checked) -> dict[str, Any]:
    first = [*checked.changed[:MOST_CHANGES], *checked.added[:MOST_CHANGES]][:MOST_CHANGES]
    return {
        "checked": checked,
        "counts": checked.counts(),
        "to_do": len(checked.added) + len(checked.changed),
        "key_head": checked.head(checked.kind.key),
        "read_as": _read_as(checked.table),
        "faults": checked.faults[:MOST_FAULTS],
        "faults_total": len(checked.faults),
        "changes": [_change(checked, change) for change in first],
    }


def _read_as(table: Table) -> str:
    """In which form the file was read; empty where it was not."""
    if table.encoding == XLSX:
        return _("read as XLSX, sheet “%(sheet)s”") % {"sheet": table.sheet}
    facts = {"encoding": table.encoding, "separator": SEPARATORS[table.separator]}
    return _("read as %(encoding)s, separator %(separator)s") % facts if table.encoding else ""


def _change(checked: Checked, change: Change) -> dict[str, Any]:
    """A row with the cells that say something: of an object that stands, what it says now and what it will say."""
    kind = checked.kind
    said = {name: value for name, value in change.values.items() if name != kind.key}
    cells = []
    for name, value in said.items():
        after = cell(kind, name, value, words=True)
        before = cell(kind, name, value_of(change.before, name), words=True) if change.before else ""
        if after or before:
            cells.append({"head": checked.head(name), "before": before, "after": after})
    key = change.row.cells[kind.key]
    return {"number": change.row.number, "key": key, "new": change.before is None, "cells": cells}
