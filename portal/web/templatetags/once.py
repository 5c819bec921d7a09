"""Parts of pages that are the same for everybody are drawn once and kept: `{% load once %}`.

    {% once portal=portal.common number=page.number %}…{% endonce %}

    {% once of=picture picture=picture %}…{% endonce %}

What stands between is drawn once for each language, table of addresses and set of the named values, and sees nothing
but these values: neither request nor user, so that nothing of one visitor can be kept for another. What changes must
therefore be named. With `of` it is kept in `drawn` of that object, and goes when the object goes. Drawing a translated
word costs 10 µs, finding a kept part 3 µs, however long it is.
"""

from collections.abc import Hashable
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.defaulttags import CsrfTokenNode
from django.template.loader_tags import BlockNode
from django.urls import get_urlconf
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
MOST_KEPT = 500
"""Of one part; then it begins anew, so that addresses with ever new words cannot fill the memory."""


class OnceNode(template.Node):
    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList, named: dict[str, FilterExpression]) -> None:
        self.nodelist, self.named = nodelist, named
        self.owner = named.pop("of", None)
        self.kept: dict[tuple[Hashable, ...], SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        values = {name: value.resolve(context) for name, value in self.named.items()}
        typed = ((type(value), value) for value in values.values())  # safe text equals unsafe text, and True equals 1
        kept = self.kept if self.owner is None else self.owner.resolve(context).drawn
        known = (self, get_language(), get_urlconf(), *typed)
        drawn: SafeString | None = kept.get(known)
        if drawn is None:
            drawn = self._draw(template.Context(values, autoescape=context.autoescape), context.template)
            if len(kept) >= MOST_KEPT:
                kept.clear()
            kept[known] = drawn
        return drawn

    def _draw(self, alone: template.Context, page: Any) -> SafeString:
        with alone.bind_template(page):
            return self.nodelist.render(alone)


@register.tag
def once(parser: Parser, token: Token) -> OnceNode:
    words = token.split_contents()[1:]
    named = token_kwargs(words, parser)
    if words:
        raise template.TemplateSyntaxError("{% once %} takes named values only.")
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode) or nodelist.get_nodes_by_type(CsrfTokenNode):
        raise template.TemplateSyntaxError("What is drawn once holds no block and no csrf_token.")
    return OnceNode(nodelist, named)
