"""Cards as a provider's people type them in: a line each, its node and its serial."""

import re
from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.catalog.models import Card
from portal.web.texts import normal

SERIAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:/-]{0,99}")
NODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,79}")
COLUMNS = re.compile(r"[\s,;]+")
WRONG_NODE = _("A node is named by letters, digits, dots and dashes, 80 at most.")
WRONG_SERIAL = _("A serial has letters, digits and . _ : / -, 100 at most, and no spaces.")
MOST_CARDS = 10_000
"""So many cards one form may register."""


def card_faults(node: str, serial: str) -> dict[str, str]:
    """What is wrong with one card's node and serial, by column; nothing if both are sound."""
    faults = {}
    if not NODE.fullmatch(node):
        faults["node"] = str(WRONG_NODE)
    if normal.is_shortened(serial):
        faults["serial"] = str(normal.SHORTENED)
    elif not SERIAL.fullmatch(serial):
        faults["serial"] = str(WRONG_SERIAL)
    return faults


class CardsForm(forms.Form):
    """Cards of a pool, one a line; cleaned to rows of node and serial."""

    rows = forms.CharField(
        label=_("Cards"),
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "mono"}),
        help_text=_("One card a line: its node, then its serial, for instance “gpu-node-01 SN-000123”."),
    )

    def clean_rows(self) -> list[tuple[str, str]]:
        lines = [(number, normal.text(line)) for number, line in enumerate(self.cleaned_data["rows"].splitlines(), 1)]
        lines = [(number, line) for number, line in lines if line]
        if len(lines) > MOST_CARDS:
            raise forms.ValidationError(_("More than 10,000 cards. Register them in several steps."))
        faults: list[tuple[int, str]] = []
        rows: dict[int, tuple[str, str]] = {}
        for number, line in lines:
            columns = COLUMNS.split(line)
            if len(columns) == 2:
                rows[number] = (columns[0], columns[1])
                faults += [(number, fault) for fault in card_faults(*columns).values()]
            else:
                faults.append((number, gettext("A line has two words.")))
        _raise([*faults, *_doubled(rows), *_registered(rows)])
        return list(rows.values())


def _doubled(rows: dict[int, tuple[str, str]]) -> Iterable[tuple[int, str]]:
    first: dict[str, int] = {}
    for number, (_node, serial) in rows.items():
        if first.setdefault(serial, number) != number:
            facts = {"serial": serial, "first": first[serial]}
            yield number, gettext("The serial %(serial)s stands in line %(first)s already.") % facts


def _registered(rows: dict[int, tuple[str, str]]) -> Iterable[tuple[int, str]]:
    serials = [serial for _node, serial in rows.values()]
    known = set(Card.objects.filter(serial__in=serials).values_list("serial", flat=True))
    for number, (_node, serial) in rows.items():
        if serial in known:
            yield number, gettext("The serial %(serial)s is registered in this province already.") % {"serial": serial}


def _raise(faults: list[tuple[int, str]], most: int = 20) -> None:
    """All faults in the order of their lines, or the first ones and how many more there are."""
    ordered = sorted(faults, key=lambda fault: fault[0])
    said = [gettext("Line %(number)s: %(fault)s") % {"number": number, "fault": one} for number, one in ordered[:most]]
    if len(ordered) > most:
        said.append(gettext("%(count)s more faults.") % {"count": len(ordered) - most})
    if said:
        raise forms.ValidationError(said)
