"""Up to four offers side by side: one row for each fact, the best of a row marked with a word.

A row marks its best only where every value is known to mean the same: prices in different units are shown and
not compared, a stock that is not fresh is not counted, and equal values have no best.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.directory.models import OfferIndex, Unit
from portal.web import wording

MOST = 4
SHOWN_SECONDS = "clock"


@dataclass(frozen=True)
class Cell:
    text: str
    note: str = ""
    best: str = ""
    """The word that says in what this cell is the best of its row; empty for the others."""
    code: bool = False
    """Drawn as an identifier."""


@dataclass(frozen=True)
class Row:
    label: str
    cells: list[Cell]
    note: str = ""


class Comparison:
    """The offers an address names (`offer=<uuid>` up to four times), in its order; two queries."""

    def __init__(self, asked: Iterable[str]) -> None:
        self.asked = list(dict.fromkeys(_uuid(one) or one for one in map(str.strip, asked) if one))
        self.offers = [] if self.too_many else self._found()

    @property
    def too_many(self) -> bool:
        return len(self.asked) > MOST

    @property
    def gone(self) -> int:
        """How many of the named offers are not on sale, or are none at all."""
        return 0 if self.too_many else len(self.asked) - len(self.offers)

    def _found(self) -> list[OfferIndex]:
        ids = [one for one in self.asked if isinstance(one, uuid.UUID)]
        offers = (
            OfferIndex.objects.on_sale()
            .with_stock()
            .with_identifier()
            .select_related("card_model")
            .for_list()
            .in_bulk(ids)
        )
        found = [offers[one] for one in ids if one in offers]
        for offer in found:
            offer.without = urlencode([("offer", one.pk) for one in found if one is not offer])
        return found

    @cached_property
    def rows(self) -> list[Row]:
        return [*self._price_rows(), *self._card_rows(), *self._stock_rows(), *self._place_rows(), *self._term_rows()]

    # Rows --------------------------------------------------------------------------------------

    def _price_rows(self) -> list[Row]:
        same = len({(one.unit, one.price_out_u is None) for one in self.offers}) == 1
        plain = same and all(one.price_out_u is None for one in self.offers)
        best = marks([one.price_u for one in self.offers] if plain else [], min, pgettext("best", "lowest"))
        cells = [Cell(_price(one), best=word) for one, word in self._with(best)]
        note = "" if same else _("different units, not compared")
        rows = [Row(_("Price"), cells, note)]
        per_tflops: list[Decimal | None] = [_per_tflops(one) for one in self.offers]
        if any(value is not None for value in per_tflops):
            best = marks(per_tflops, min, pgettext("best", "lowest"))
            texts = [wording.missing() if value is None else f"¥{value:.4f}" for value in per_tflops]
            rows.append(Row(_("¥ per rated TFLOPS-hour, FP16 dense"), _cells(texts, best)))
        return rows

    def _card_rows(self) -> list[Row]:
        cards = [one.card_model for one in self.offers]
        rated = [card and card.fp16_dense_tflops for card in cards]
        memory = [card and card.memory_gb for card in cards]
        return [
            Row(_("Card model"), [Cell(card.name if card else "—") for card in cards]),
            self._numbers(_("FP16, dense, rated"), rated, "TFLOPS", max, pgettext("best", "highest")),
            self._numbers(_("Memory"), memory, "GB", max, pgettext("best", "largest")),
            Row(_("Network"), [Cell(one.network or wording.missing()) for one in self.offers]),
        ]

    def _stock_rows(self) -> list[Row]:
        fresh = [one.free if one.shelf not in ("stale", "uncounted") else None for one in self.offers]
        best = marks(fresh, max, pgettext("best", "most"))
        cells = [
            Cell(_stock(one), wording.beijing(one.measured_at, SHOWN_SECONDS) if one.measured_at else "", word)
            for one, word in self._with(best)
        ]
        return [Row(_("Free cards"), cells, _("older than 60 seconds is not compared"))]

    def _place_rows(self) -> list[Row]:
        cities = {
            "beijing": _("Round trip to Beijing"),
            "shanghai": _("Round trip to Shanghai"),
            "guangzhou": _("Round trip to Guangzhou"),
        }
        rows = [
            self._numbers(
                *(label, [getattr(one, f"rtt_ms_{city}") for one in self.offers], "ms"),
                *(min, pgettext("best", "shortest")),
            )
            for city, label in cities.items()
        ]
        green = [None if one.green_share is None else one.green_share * 100 for one in self.offers]
        rows.append(self._numbers(_("Green power"), green, "%", max, pgettext("best", "highest")))
        pue = [one.pue for one in self.offers]
        texts = [wording.missing() if one is None else f"{one:.2f}" for one in pue]
        rows.append(Row("PUE", _cells(texts, marks(pue, min, pgettext("best", "lowest")))))
        return rows

    def _term_rows(self) -> list[Row]:
        sla = [one.sla_percent for one in self.offers]
        hours = [one.min_hours if one.orderable else None for one in self.offers]
        terms = [
            "—" if one is None else ngettext("%(hours)s hour", "%(hours)s hours", one) % {"hours": one} for one in hours
        ]
        return [
            self._numbers(_("Promised availability"), sla, "%", max, pgettext("best", "highest")),
            Row(_("Shortest term"), _cells(terms, marks(hours, min, pgettext("best", "shortest")))),
            Row(_("How it is bought"), [Cell(one.get_mode_display()) for one in self.offers]),
            Row(_("Provider"), [Cell(one.provider_name) for one in self.offers]),
            Row(_("Identifier"), [Cell(one.identifier or "—", code=bool(one.identifier)) for one in self.offers]),
        ]

    def _numbers(self, label: str, values: Sequence[Any], unit: str, choose: Callable[..., Any], word: str) -> Row:
        texts = [wording.missing() if value is None else with_unit(value, unit) for value in values]
        return Row(label, _cells(texts, marks(values, choose, word)))

    def _with(self, words: list[str]) -> list[tuple[OfferIndex, str]]:
        return list(zip(self.offers, words or [""] * len(self.offers), strict=True))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def marks(values: Sequence[Any], choose: Callable[..., Any], word: str) -> list[str]:
    """The word at every best value, nothing elsewhere; nothing at all unless two known values differ."""
    known = {value for value in values if value is not None}
    best = choose(known) if len(known) > 1 else None
    return [word if best is not None and value == best else "" for value in values]


def _cells(texts: list[str], words: list[str]) -> list[Cell]:
    return [Cell(text, best=word) for text, word in zip(texts, words, strict=True)]


def with_unit(value: Any, unit: str) -> str:
    """`313 TFLOPS`, `9 ms`, `88%`: no zeros at the end, a space before the unit but not before %."""
    number = wording.thousands(Decimal(value).normalize())
    return number + unit if unit in ("", "%") else f"{number} {unit}"


def _price(offer: OfferIndex) -> str:
    if offer.price_u is None:
        return _("on request")
    unit = offer.get_unit_display()
    if offer.price_out_u is None:
        return wording.unit_price(offer.price_u, unit)
    read, written = wording.money_exact(offer.price_u), wording.money_exact(offer.price_out_u)
    return _("%(read)s in, %(written)s out / %(unit)s") % {"read": read, "written": written, "unit": unit}


def _per_tflops(offer: OfferIndex) -> Decimal | None:
    """Yuan per TFLOPS (FP16 dense, rated by the maker) and hour; only of cards sold by the card-hour."""
    rated = offer.card_model.fp16_dense_tflops if offer.card_model else None
    if offer.unit != Unit.CARD_HOUR or offer.price_u is None or not rated:
        return None
    return (Decimal(offer.price_u) / 1_000_000 / rated).quantize(Decimal("0.0001"))


def _stock(offer: OfferIndex) -> str:
    if offer.shelf == "uncounted":
        return "—"
    if offer.shelf == "stale":
        return _("to be confirmed")
    return _("all in use") if not offer.free else wording.thousands(offer.free)
