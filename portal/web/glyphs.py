"""Icons as inline SVG: our own signs on a 20 px grid, and the `lucide` set where we have none."""

from functools import lru_cache

import lucide
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

OWN = {
    "arrow": '<path d="M3.5 10h13m-5-5 5 5-5 5"/>',
    "bell": '<path d="M4.5 14.5h11c-1.2-1.2-1.5-2.6-1.5-5a4 4 0 0 0-8 0c0 2.4-.3 3.8-1.5 5z'
    'M8.3 17a1.8 1.8 0 0 0 3.4 0"/>',
    "close": '<path d="m5 5 10 10m0-10L5 15"/>',
    "copy": '<path d="M7 7h9.5v9.5H7zM13 7V3.5H3.5V13H7"/>',
    "down": '<path d="m5 7.5 5 5 5-5"/>',
    "file": '<path d="M4.5 2.25h7l4 4v11.5h-11zM11.5 2.25v4h4"/>',
    "globe": '<circle cx="10" cy="10" r="7.5"/><path d="M2.5 10h15M10 2.5c2.4 2.2 3.4 4.7 3.4 7.5s-1 5.3-3.4 7.5'
    'C7.6 15.3 6.6 12.8 6.6 10s1-5.3 3.4-7.5z"/>',
    "hidden": '<path d="M2 10c2-3.6 4.7-5.25 8-5.25S16 6.4 18 10c-2 3.6-4.7 5.25-8 5.25S4 13.6 2 10zM4 17 16 3"/>',
    "key": '<circle cx="6.5" cy="13" r="3.75"/><path d="m9.25 10.25 7-7M13 6.5l2.5 2.5"/>',
    "lock": '<path d="M4.5 9h11v8h-11zM7 9V6.25a3 3 0 0 1 6 0V9"/>',
    "plus": '<path d="M10 4v12M4 10h12"/>',
    "shield": '<path d="M10 2.25 16.5 4.5v5c0 4-2.7 6.8-6.5 8.25C6.2 16.3 3.5 13.5 3.5 9.5v-5z"/>'
    '<path d="m7 9.8 2.2 2.2L13.2 7.7"/>',
    "up": '<path d="M10 13.5V3.5m-4.5 4.5L10 3.5 14.5 8M3.5 13.5v3h13v-3"/>',
    "user": '<circle cx="10" cy="6.75" r="3.5"/><path d="M3.25 17.25c.7-3.6 3.3-5.25 6.75-5.25s6.05 1.65 6.75 5.25"/>',
    "s-ok": '<circle cx="10" cy="10" r="7.75"/><path d="m6.4 10.3 2.5 2.5 4.8-5.4"/>',
    "s-run": '<circle cx="10" cy="10" r="7.75"/>'
    '<path d="M10 4.9a5.1 5.1 0 0 1 0 10.2z" fill="currentColor" stroke="none"/>',
    "s-wait": '<circle cx="10" cy="10" r="7.75"/><path d="M10 5.6V10l3 1.9"/>',
    "s-warn": '<path d="M10 2.6 18 16.8H2z" stroke-linejoin="round"/><path d="M10 8v4.2m0 2v.6"/>',
    "s-bad": '<path d="M6.8 2.25h6.4l4.55 4.55v6.4l-4.55 4.55H6.8L2.25 13.2V6.8z"/>'
    '<path d="m7.2 7.2 5.6 5.6m0-5.6-5.6 5.6"/>',
    "s-unknown": '<circle cx="10" cy="10" r="7.75" stroke-dasharray="3.1 2.3"/>'
    '<path d="M7.9 8.1c.1-1.3 1-2 2.1-2s2.1.7 2.1 1.9c0 1.7-2.1 1.7-2.1 3.4m0 2v.7"/>',
    "s-off": '<circle cx="10" cy="10" r="7.75"/><path d="M6.5 10h7"/>',
    "s-plan": '<circle cx="10" cy="10" r="7.75" stroke-dasharray="1.2 2.85" stroke-linecap="round"/>',
}

TONES = {
    "ok": ("ok", "s-ok"),
    "run": ("run", "s-run"),
    "wait": ("wait", "s-wait"),
    "warn": ("wait", "s-warn"),
    "short": ("bad", "s-warn"),
    "bad": ("bad", "s-bad"),
    "unknown": ("unknown", "s-unknown"),
    "off": ("off", "s-off"),
    "plan": ("off", "s-plan"),
}
"""Tone → (colour class after `is-`, sign). `warn` is usable but wants care; `short` lacks; `plan` has not begun."""


def icon(name: str, label: str = "") -> SafeString:
    """The sign as inline SVG. Beside a word it is hidden from assistive technology; alone it needs a label."""
    if not label:
        return _silent(name)
    box, shapes = _shapes(name)
    inner = mark_safe(shapes)  # noqa: S308 - shapes come from this file and the lucide package
    return format_html('<svg class="icon" viewBox="{}" role="img" aria-label="{}">{}</svg>', box, label, inner)


def tone_of(tone: str) -> tuple[str, str]:
    """Colour class and sign of a tone; a tone that does not exist is an error, never a grey default."""
    colour, sign = TONES[tone]
    return f"is-{colour}", sign


@lru_cache(maxsize=256)
def _silent(name: str) -> SafeString:
    box, shapes = _shapes(name)
    svg = f'<svg class="icon" viewBox="{box}" aria-hidden="true">{shapes}</svg>'
    return mark_safe(svg)  # noqa: S308 - as above


@lru_cache(maxsize=256)
def _shapes(name: str) -> tuple[str, str]:
    if name in OWN:
        return "0 0 20 20", OWN[name]
    drawing = lucide._render_icon(name, None)  # the package offers no public function outside templates
    return "0 0 24 24", drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")].strip()
