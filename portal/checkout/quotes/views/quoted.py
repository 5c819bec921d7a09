"""A quote as its pages show it, saved or not."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.checkout import state_words as words
from portal.checkout.forms import ANY, CITIES, SPREADS, query_of
from portal.checkout.models import Quote
from portal.checkout.quotes import offering
from portal.checkout.state_words import cards_text, spaced
from portal.web.wording import money_exact, named, unit_price


@dataclass
class Quoted:
    quote: Quote
    lots: list[dict[str, Any]]
    left_out: list[dict[str, Any]]
    alternatives: list[dict[str, str]]
    """Sentence and address of each request that could be filled instead."""

    @classmethod
    def of(cls, quote: Quote) -> "Quoted":
        lots = [_lot(line) for line in quote.lines]
        return cls(quote, lots, [_lot(line) for line in quote.left_out], _alternatives(quote))

    @property
    def rods(self) -> list[dict[str, Any]]:
        return [
            {"letter": lot["letter"], "cards": lot["cards"], "caption": f"{lot['short']} {cards_text(lot['cards'])}"}
            for lot in self.lots
        ]

    @property
    def title(self) -> str:
        facts = {"cards": cards_text(self.quote.cards), "name": self.quote.card_model.name, "hours": self.quote.hours}
        hours = self.quote.hours
        return spaced(
            ngettext("%(cards)s of %(name)s × %(hours)s hour", "%(cards)s of %(name)s × %(hours)s hours", hours) % facts
        )

    @property
    def unfilled(self) -> str:
        asked = {"cards": cards_text(self.quote.cards), "name": self.quote.card_model.name}
        sentence = _("%(cards)s of %(name)s are not free under all these conditions, so nothing was bought.")
        return spaced(sentence % asked)

    @property
    def sources(self) -> str:
        """How many lots and provinces, and why these; continues the title."""
        lots, provinces = len(self.lots), self.provinces
        if lots == 1:
            return _(", all from one lot: the lowest total that meets your conditions.")
        if provinces == 1:
            words = _(", from %(lots)s lots of one province: the lowest total that meets your conditions.")
        else:
            words = _(", from %(lots)s lots in %(provinces)s provinces: the lowest total that meets your conditions.")
        return words % {"lots": lots, "provinces": provinces}

    @property
    def few(self) -> bool:
        """Few enough for large rods."""
        return self.quote.cards <= 40

    @property
    def provinces(self) -> int:
        return len({lot["province"] for lot in self.lots})

    @property
    def card_hours(self) -> int:
        return self.quote.cards * self.quote.hours

    @property
    def until(self) -> Any:
        """When the hours would be over, were the cards active now."""
        return timezone.now() + timedelta(hours=self.quote.hours)

    @property
    def expired(self) -> bool:
        return self.quote.valid_until <= timezone.now()

    @property
    def minutes_left(self) -> int:
        return max(0, int((self.quote.valid_until - timezone.now()).total_seconds()) // 60)

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """What was asked beyond model, cards and hours, in words."""
        asked = self.quote.constraints
        found = [(_("Cards may come from"), str(dict(SPREADS)[asked.get("spread", ANY)]))]
        if "latency_ms" in asked:
            city = str(dict(CITIES).get(asked.get("latency_city"), ""))
            found.append(
                (_("Latency to %(city)s") % {"city": city}, _("at most %(ms)g ms") % {"ms": asked["latency_ms"]})
            )
        if "green_share" in asked:
            found.append(
                (_("Green power share"), _("at least %(percent)g%%") % {"percent": asked["green_share"] * 100})
            )
        if "price_u" in asked:
            found.append((_("Highest price"), unit_price(asked["price_u"])))
        if "provinces" in asked:
            found.append((_("Provinces"), _("%(number)s chosen") % {"number": len(asked["provinces"])}))
        if asked.get("domestic"):
            found.append((_("Domestic cards only"), _("yes")))
        return found

    @property
    def query(self) -> str:
        return query_of(offering.request_of(self.quote))

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The request in hidden fields, for asking the same again."""
        return [(name, value) for name, values in QueryDict(self.query).lists() for value in values]


def _lot(line: dict[str, Any]) -> dict[str, Any]:
    """The line with what pages need beside it: short names, a real time, the share in per cent."""
    share, measured = line.get("green_share"), line.get("measured_at")
    return {
        **line,
        "short": words.short_name(named(line, "province")),
        "green_percent": None if share is None else round(share * 100),
        "measured": parse_datetime(measured) if measured else None,
    }


def _alternatives(quote: Quote) -> list[dict[str, str]]:
    request = offering.request_of(quote)
    found = []
    for one in quote.alternatives:
        kind = one["kind"]
        if kind == "fewer_cards":
            text, changed = _("Take %(cards)s") % {"cards": cards_text(one["cards"])}, {"cards": one["cards"]}
        elif kind == "any_spread":
            text, changed = _("Allow any provinces"), {"spread": "any"}
        elif kind in ("fewer_hours", "more_hours"):
            text, changed = _("Rent for %(hours)s h") % {"hours": one["hours"]}, {"hours": one["hours"]}
        elif kind == "other_model":
            facts = {"name": named(one), "price": money_exact(one["price_u"])}
            text = spaced(_("Take %(name)s, from %(price)s per card-hour") % facts)
            changed = {"card_model": one["card_model"]}
        else:
            continue
        found.append({"text": text, "url": f"{reverse('checkout:cards')}?{query_of(request, **changed)}"})
    return found
