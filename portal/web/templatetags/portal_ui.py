"""The words page authors use: `{% load portal_ui %}`.

Tags draw the components, filters write numbers, money and times (`portal.web.wording`). Each component
that is more than one element has its markup in `templates/components/`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import get_urlconf, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal.web import glyphs, wording
from portal.web.rods import bundle, lot_class

register = template.Library()

register.filter("money", wording.money)
register.filter("money_exact", wording.money_exact)
register.filter("unit_price", wording.unit_price)
register.filter("thousands", wording.thousands)
register.filter("ago", wording.ago)
register.filter("waited", wording.waited)
register.filter("zh_or_en", wording.named)
register.filter("beijing", wording.beijing)
register.filter("lot_class", lot_class)


register.simple_tag(wording.gap, name="gap")


@register.filter
def or_missing(value: Any) -> Any:
    """The value, or 无数据 where there is none; zero is a value."""
    return wording.missing() if value is None or value == "" else value


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """`{% icon "copy" %}` beside a word, `{% icon "close" label=_("Close") %}` alone. Any lucide name works too."""
    return glyphs.icon(name, label)


@register.simple_tag
def state_pill(tone: str, label: str) -> SafeString:
    """Sign, word and colour. Tones: ok run wait warn short bad unknown off plan (portal.web.glyphs.TONES)."""
    return _pill(tone, label if isinstance(label, str) else str(label))


@lru_cache(2000, typed=True)  # safe text is equal to unsafe text
def _pill(tone: str, label: str) -> SafeString:
    colour, sign = glyphs.tone_of(tone)
    return format_html('<span class="state {}">{}{}</span>', colour, glyphs.icon(sign), label)


@register.simple_tag
def tone_class(tone: str) -> str:
    """`is-ok` and so on, for markup of your own."""
    return glyphs.tone_of(tone)[0]


@register.simple_tag
def tone_icon(tone: str) -> SafeString:
    """The sign of a tone, hidden from assistive technology."""
    return glyphs.icon(glyphs.tone_of(tone)[1])


@register.simple_block_tag
def notice(content: str, tone: str, title: str = "", role: str = "", id: str = "") -> SafeString:
    """`{% notice "bad" title=_("Nothing was bought") role="alert" %}<p>…</p>{% endnotice %}`: result, money, next step.

    Roles: `alert` for a failure that just happened, `status` for news; none for what stands on the page.
    """
    colour, sign = glyphs.tone_of(tone)
    heading = format_html("<h2>{}</h2>", title) if title else ""
    return format_html(
        '<div class="notice {}"{}{}>{}<div>{}{}</div></div>',
        colour,
        format_html(' role="{}"', role) if role else "",
        format_html(' id="{}"', id) if id else "",
        glyphs.icon(sign),
        heading,
        content,
    )


@register.simple_block_tag
def sheet(content: str, title: str, id: str, stamp: str = "", flush: bool = False, classes: str = "") -> SafeString:
    """Panel with the ledger's double rule: `{% sheet _("Meter") "meter" stamp=when %}…{% endsheet %}`.

    `id` names the heading; `flush=True` lets a table reach the edges; `classes` go to the section.
    """
    return format_html(
        '<section class="sheet{}" aria-labelledby="{}"><div class="sheet-head"><h2 id="{}">{}</h2>{}</div>'
        '<div class="sheet-body{}">{}</div></section>',
        f" {classes}" if classes else "",
        id,
        id,
        title,
        format_html('<p class="stamp">{}</p>', stamp) if stamp else "",
        " flush" if flush else "",
        content,
    )


@register.simple_block_tag
def scroll(content: str, label: str) -> SafeString:
    """Named, focusable region around a wide table: `{% scroll _("Stock by pool") %}<table class="ledger">…`."""
    region = '<div class="scroll" role="region" aria-label="{}" tabindex="0">{}</div>'
    return format_html(region, label, content)


@register.simple_block_tag
def fold(content: str, summary: str, open: bool = False, id: str = "") -> SafeString:
    """`<details>` with a plain summary: `{% fold _("3 lots left out") %}…{% endfold %}`."""
    return format_html(
        '<details class="fold"{}{}><summary>{}</summary><div>{}</div></details>',
        format_html(' id="{}"', id) if id else "",
        " open" if open else "",
        summary,
        content,
    )


@register.simple_tag
def figure(label: str, value: Any, unit: str = "", stamp: str = "", before: str = "") -> SafeString:
    """One figure inside `<dl class="figures">` (or `figures small`): label, value with unit, definition and time."""
    return format_html(
        '<div class="figure"><dt>{}</dt><dd class="value">{}{}{}</dd>{}</div>',
        label,
        format_html('<span class="unit pre">{}</span>', before) if before else "",
        value,
        format_html('<span class="unit">{}</span>', unit) if unit else "",
        format_html('<dd class="stamp">{}</dd>', stamp) if stamp else "",
    )


@register.simple_tag
def pair(term: str, value: Any, total: bool = False) -> SafeString:
    """One row inside `<dl class="pairs">`; `total=True` closes it with the double line."""
    return format_html("<div{}><dt>{}</dt><dd>{}</dd></div>", mark_safe(' class="total"') if total else "", term, value)


@register.simple_tag
def fact(term: str, value: Any) -> SafeString:
    """One small fact inside `<dl class="facts">`."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", term, value)


@register.simple_tag
def freshness(moment: Any) -> SafeString:
    """When a stock was measured: the clock time, and below one hour its age: `14:31:52·12 秒前`."""
    if moment is None:
        return format_html('<span class="stamp">{}</span>', wording.missing())
    return _measured(moment, wording.ago(moment))


@lru_cache(2000)
def _measured(moment: datetime, age: str) -> SafeString:
    """Of one report there are many pools, and each is shown many times in the same second."""
    clock = wording.beijing(moment, "clock" if age else "")
    return format_html('<span class="stamp">{}{}</span>', clock, f"·{age}" if age else "")


@register.inclusion_tag("components/rods.html")
def rods(lots: Iterable[Any], label: str, big: bool = False) -> dict[str, Any]:
    """One rod, one card. Each lot: `letter`, `cards`, `caption`, and `open` while its outcome is unknown."""
    return {"lots": [bundle(lot, 1.75 if big else 1.375) for lot in lots], "label": label, "big": big}


@register.inclusion_tag("components/steps.html")
def steps(current: int, *names: str) -> dict[str, Any]:
    """`{% steps 2 _("Configure") _("Check") _("Reserve and activate") %}`: at most four, counted from 1."""
    return {"steps": [{"name": name, "at": number - current} for number, name in enumerate(names, 1)]}


@register.inclusion_tag("components/trail.html")
def trail(entries: Iterable[Any]) -> dict[str, Any]:
    """What happened, newest last. Each entry: `at`, `tone`, `sentence`, optional `stamp`."""
    return {"entries": entries}


@register.inclusion_tag("components/lane.html")
def lane(lot: Any) -> dict[str, Any]:
    """One lot on its way: `letter`, `title`, `cards_text`, `tone`, `state`, optional `aside`, and five `steps`.

    Each step: `tone` (ok, run, unknown, bad, plan), `name`, `text`, `elapsed` (seconds that go on counting, or None).
    """
    return {"lot": lot}


@register.inclusion_tag("components/checklist.html")
def checklist(items: Iterable[Any]) -> dict[str, Any]:
    """What is done and what waits for whom. Each item: `tone`, `text`, optional `url` and `note`."""
    return {"items": items}


@register.inclusion_tag("components/crumbs.html")
def crumbs(*parts: str) -> dict[str, Any]:
    """`{% crumbs _("Overview") "/" _("My orders") "/purchases/" number %}`: label and address by turns."""
    labels, addresses = parts[::2], parts[1::2]
    return {"links": list(zip(labels[:-1], addresses, strict=True)), "here": labels[-1]}


@register.inclusion_tag("components/empty.html")
def empty(title: str, text: str = "", exit: str = "", url: str = "") -> dict[str, Any]:
    """Why it is empty, and one exit: `{% empty _("No offer fits") text=why exit=_("Widen to 20 ms") url=wider %}`."""
    return {"title": title, "text": text, "exit": exit, "url": url}


class Pages(NamedTuple):
    """What links to the other pages of a list are drawn from."""

    start: str
    number: int
    most: int
    first: int
    last: int
    total: int

    @property
    def numbers(self) -> Iterable[int | str]:
        return Paginator(range(self.most), 1).get_elided_page_range(self.number, on_each_side=1, on_ends=1)

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.most else None


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: template.Context, page: Any, name: str = "page") -> dict[str, Pages]:
    """Range and total in words, links that keep the other parameters. `page` is a page of Django's Paginator."""
    request: HttpRequest = context["request"]
    kept = request.GET.copy()
    kept.pop(name, None)
    start = f"?{kept.urlencode()}&{name}=" if kept else f"?{name}="
    most, total = page.paginator.num_pages, page.paginator.count
    return {"pages": Pages(start, page.number, most, page.start_index(), page.end_index(), total)}


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: BaseForm) -> dict[str, Any]:
    """All faults of these forms with links to their fields; the form template draws it for a single form itself."""
    return {"forms": [form for form in forms if form.is_bound and form.errors]}


@register.simple_tag
def bar(value: float, most: float, kind: str = "") -> SafeString:
    """Horizontal bar beside its number; bars of one table share one `most`. `kind="demand"` is the second colour."""
    width = round(100 * max(0.0, min(float(value), float(most))) / float(most), 1) if most else 0
    return format_html(
        '<svg class="bar{}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="8"/></svg>',
        f" {kind}" if kind else "",
        width,
    )


@register.simple_tag
def national_url(name: str, *args: Any) -> str:
    """Address of a page of the nation; from a province's host it carries the national host."""
    path = reverse(name, urlconf=settings.PUBLIC_SCHEMA_URLCONF, args=args)
    return path if get_urlconf() == settings.PUBLIC_SCHEMA_URLCONF else f"{settings.PORTAL_URL}{path}"


@register.simple_tag
def hidden_fields(values: dict[str, Any], *names: str) -> SafeString:
    """Hidden inputs that carry these names of a mapping (or all) through another form."""
    chosen: Sequence[tuple[str, Any]] = [(name, values[name]) for name in names or values if name in values]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', chosen)


@register.filter
def faults(form: BaseForm) -> list[tuple[Any, str]]:
    """Each wrong field with its sentence, in the order of the form."""
    return [(field, str(sentence)) for field in form for sentence in field.errors]


@register.filter
def message_tone(level: str) -> str:
    """Tone of a Django message."""
    return {"success": "ok", "error": "bad", "warning": "warn"}.get(level, "run")


BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))


@register.filter
def browser_name(user_agent: str) -> str:
    """Everyday name of a browser from its self-description; its first word where unknown."""
    known = next((name for mark, name in BROWSERS if mark in user_agent), "")
    return known or user_agent.partition("/")[0] or wording.missing()


@register.filter
def percent(share: Any) -> str:
    """A share from 0 to 1 as `78.4%`."""
    if share is None or share == "":
        return wording.missing()
    return f"{float(share) * 100:.1f}".removesuffix(".0") + "%"


@register.simple_tag
def site_name() -> str:
    """Name of the installation, for e-mails, which know no request."""
    return str(settings.SITE_NAME["en" if wording.is_english() else "zh-hans"])


@register.simple_tag
def portal_url(name: str = "", *args: Any) -> str:
    """Address of a page of the nation with its host, or of the nation's home without the closing slash."""
    path = reverse(name, urlconf=settings.PUBLIC_SCHEMA_URLCONF, args=args) if name else ""
    return f"{settings.PORTAL_URL}{path}"
