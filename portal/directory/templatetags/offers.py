"""Parts of offers that lists show twenty at a time, drawn without a template of their own where that costs too much."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from portal.directory.catalogue import Choice
from portal.directory.models import OfferIndex
from portal.web.templatetags.portal_ui import freshness, state_pill

register = template.Library()


ITEM = '<li class="offer{}">{}{}<div class="stock">{}</div><div class="price">{}</div><div class="go">{}</div></li>'


@register.simple_tag(takes_context=True)
def offer_item(context: template.Context, offer: OfferIndex, comparable: bool = False) -> SafeString:
    """One offer of a list; what does not change with stock is drawn once for each row of the shelf and language."""
    pick = _drawn(context, offer, "pick") if comparable else ""
    title, price, go = (_drawn(context, offer, name) for name in ("title", "price", "go"))
    return format_html(ITEM, " stale" if offer.shelf == "stale" else "", pick, title, stock(offer), price, go)


def _drawn(context: template.Context, offer: OfferIndex, part: str) -> SafeString:
    known = (part, get_language() or "", offer.on_shelf)
    kept: dict[tuple[str, str, bool], str] = getattr(offer, "drawn", {})
    if known not in kept:
        page = context.template.engine.get_template(f"directory/_offer_{part}.html")  # type: ignore[union-attr]
        with context.push(offer=offer):
            kept[known] = page.render(context)
    return SafeString(kept[known])


@register.simple_tag
def stock(offer: OfferIndex) -> SafeString:
    """Free cards in sign, words and colour, with the time they were counted; after `with_stock`."""
    if offer.shelf == "uncounted":
        return format_html('<span class="quiet">{}</span>', gettext("not counted by card"))
    if offer.measured_at is None:
        when = format_html('<p class="stamp">{}</p>', gettext("no report of the agent yet"))
    else:
        when = format_html("<p>{}</p>", freshness(offer.measured_at))
    return state_pill(*_pill(offer)) + when


def _pill(offer: OfferIndex) -> tuple[str, str]:
    free = offer.free or 0
    if offer.shelf == "some":
        return "ok", ngettext("%(free)s card free", "%(free)s cards free", free) % {"free": free}
    if offer.shelf == "few":
        return "warn", ngettext("%(free)s card left", "%(free)s cards left", free) % {"free": free}
    return "off", gettext("all in use") if offer.shelf == "sold_out" else gettext("stock to be confirmed")


@register.simple_tag
def ticks(name: str, choices: list[Choice]) -> SafeString:
    """Boxes to tick, each with the number of offers it would leave."""
    box = '<label class="tick"><input type="checkbox" name="{}" value="{}"{}>{}<span class="quiet">{}</span></label>'
    checked = SafeString(" checked")
    return format_html_join(
        "", box, ((name, one.value, checked if one.chosen else "", one.label, one.count) for one in choices)
    )
