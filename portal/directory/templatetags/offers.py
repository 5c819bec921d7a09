"""Parts of offers that lists show twenty at a time, drawn without a template of their own where that costs too much."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from portal.directory.browse.catalogue import SORTS, Choice, Facet
from portal.directory.models import OfferIndex
from portal.web import wording
from portal.web.templatetags.portal_ui import freshness, state_pill

register = template.Library()

HOUR = 3600
"""Seconds; older reports are shown without their age."""

ITEM = '<li class="offer{}">{}{}<div class="stock">{}</div><div class="price">{}</div><div class="go">{}</div></li>'


@register.simple_tag(takes_context=True)
def offer_items(context: template.Context, offers: Iterable[OfferIndex], comparable: bool = False) -> SafeString:
    """The offers of a list."""
    return _with_stock(offers, f"item {comparable}", lambda offer: _item(context, offer, comparable))


@register.simple_tag(takes_context=True)
def other_offers(context: template.Context, offers: Iterable[OfferIndex]) -> SafeString:
    """Rows of other offers of a kind."""
    return _with_stock(offers, "other", lambda offer: _page(context, offer, "other"))


def _with_stock(offers: Iterable[OfferIndex], part: str, draw: Callable[[OfferIndex], SafeString]) -> SafeString:
    """Each is drawn anew when its stock or the age of its report has changed."""
    parts, place, now = [], (part, get_language()), timezone.now()
    for offer in offers:
        kept = _kept(offer)
        state = (offer.shelf, offer.free, offer.measured_at, offer.counted, _age(offer.measured_at, now))
        known, drawn = kept.get(place, (None, SafeString()))
        if known != state:
            drawn = draw(offer)
            kept[place] = state, drawn
        parts.append(drawn)
    return SafeString("".join(parts))


def _item(context: template.Context, offer: OfferIndex, comparable: bool) -> SafeString:
    pick = _drawn(context, offer, "pick") if comparable else ""
    title, price, go = (_drawn(context, offer, name) for name in ("title", "price", "go"))
    return format_html(ITEM, " stale" if offer.shelf == "stale" else "", pick, title, stock(offer), price, go)


def _drawn(context: template.Context, offer: OfferIndex, part: str) -> SafeString:
    """What does not change with stock: once for each row of the shelf and language."""
    kept, known = _kept(offer), (part, get_language(), offer.on_shelf)
    if known not in kept:
        kept[known] = _page(context, offer, part)
    return kept[known]


def _page(context: template.Context, offer: OfferIndex, part: str) -> SafeString:
    page = context.template.engine.get_template(f"directory/_offer_{part}.html")  # type: ignore[union-attr]
    with context.push(offer=offer):
        return page.render(context)


def _kept(offer: OfferIndex) -> dict[tuple[Any, ...], Any]:
    """What was drawn of the offer, as long as its row stays on the shelf."""
    return getattr(offer, "drawn", {})


def _age(moment: datetime | None, now: datetime) -> int | None:
    """Whole seconds since the report, as far as they are shown."""
    return None if moment is None else min(HOUR, int((now - moment).total_seconds()))


@register.simple_tag
def sort_options(chosen: str) -> SafeString:
    mark = SafeString(" selected")
    rows = ((key, mark if key == chosen else "", label) for key, label in SORTS.items())
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


@register.simple_tag
def stock(offer: OfferIndex) -> SafeString:
    """Free cards in sign, words and colour, with the time they were counted; after `with_stock`."""
    if offer.shelf == "uncounted":
        return format_html('<span class="quiet">{}</span>', gettext("not counted by card"))
    if offer.measured_at is None:
        when = format_html('<p class="stamp">{}</p>', gettext("no report of the agent yet"))
    else:
        when = format_html("<p>{}</p>", freshness(offer.measured_at))
    shown = state_pill(*_pill(offer)) + when
    if offer.declared:
        shown += format_html('<p class="stamp">{}</p>', gettext("declared, not measured"))
    return shown


def _pill(offer: OfferIndex) -> tuple[str, str]:
    free = offer.free or 0
    if offer.shelf == "some":
        return "ok", ngettext("%(free)s card free", "%(free)s cards free", free) % {"free": wording.thousands(free)}
    if offer.shelf == "few":
        return "warn", ngettext("%(free)s card left", "%(free)s cards left", free) % {"free": wording.thousands(free)}
    if offer.only_by_quote:
        return "off", gettext("sold by quote only")
    return "off", gettext("all in use") if offer.shelf == "sold_out" else gettext("stock to be confirmed")


@register.simple_tag
def facet_fields(facets: Iterable[Facet]) -> SafeString:
    """The filters of several choices, each with its rare choices folded away."""
    fields = (
        f"<legend>{escape(one.legend)}</legend>{ticks(one.first)}{_fold(one.rest)}" for one in facets if one.choices
    )
    return SafeString("".join(f'<fieldset class="ticks">{field}</fieldset>' for field in fields))


def _fold(rest: list[Choice]) -> str:
    if not rest:
        return ""
    more = ngettext("%(number)s more", "%(number)s more", len(rest)) % {"number": len(rest)}
    return f'<details class="fold"><summary>{escape(more)}</summary><div>{ticks(rest)}</div></details>'


@register.simple_tag
def ticks(choices: list[Choice]) -> SafeString:
    """Boxes to tick, each with the number of offers it would leave."""
    boxes = (f"{_box(one.name, one.value, one.label, one.chosen)}{one.count}</span></label>" for one in choices)
    return SafeString("".join(boxes))


@lru_cache(2000)
def _box(name: str, value: str, label: str, chosen: bool) -> SafeString:
    """A box up to its number."""
    box = '<label class="tick"><input type="checkbox" name="{}" value="{}"{}>{}<span class="quiet">'
    return format_html(box, name, value, SafeString(" checked") if chosen else "", label)
