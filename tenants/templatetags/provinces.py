"""The provinces a page may offer to switch to."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from tenants import hosts
from tenants.models import Province

register = template.Library()


@register.simple_tag
def open_provinces() -> list[Province]:
    """Open provinces in the order of their codes, from memory: no query."""
    return hosts.open_provinces()


@register.simple_tag
def province_links(current: Province | None) -> SafeString:
    """An item of a list for each open province, in the order of codes, from memory: no query."""
    here = current.slug if current else ""

    def draw(provinces: list[Province]) -> str:
        mark = SafeString(' aria-current="true"')
        rows = ((one.url, mark if one.slug == here else "", one.name) for one in provinces)
        return format_html_join("", '<li><a href="{}/"{}>{}</a></li>', rows)

    return SafeString(hosts.drawn("links", here, get_language() or "", draw=draw))
