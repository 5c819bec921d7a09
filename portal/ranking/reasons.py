"""Why a lot was chosen or left out, in sentences that a quote keeps in both languages."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, override


@dataclass(frozen=True)
class Reason:
    """A sentence put together only when it is read: the quote keeps it in both languages.

    A lazy translation is settled by `%` at once, in whatever language is active then.
    """

    text: Any
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.text % self.facts) if self.facts else str(self.text)


FIRST_COVERS = ngettext_lazy(
    "The lowest price that meets every condition; one lot covers the card.",
    "The lowest price that meets every condition; one lot covers all %(cards)s cards.",
    "cards",
)
FIRST_TAKEN = ngettext_lazy(
    "The lowest price that meets every condition; its free card is taken.",
    "The lowest price that meets every condition; all %(free)s free cards are taken.",
    "free",
)
NEXT_FILLS = _("Next in the ranking; fills the rest with %(cards)s of its %(free)s free cards.")
NEXT_TAKEN = ngettext_lazy(
    "Next in the ranking; its free card is taken.",
    "Next in the ranking; all %(free)s free cards are taken.",
    "free",
)
NOT_ENOUGH = {
    "any": _("Meets the conditions, but all lots together do not have enough free cards."),
    "province": _("Meets the conditions, but no single province has enough free cards."),
    "site": _("Meets the conditions, but no single site has enough free cards."),
}


def taken(cards: int, free: int, *, first: bool) -> Reason:
    """So many of a lot's free cards are chosen; `first` is the lot at the head of the ranking."""
    some, whole = (FIRST_COVERS, FIRST_TAKEN) if first else (NEXT_FILLS, NEXT_TAKEN)
    return Reason(some if cards < free else whole, {"cards": cards, "free": free})


def latency(rtt_ms: float | None, limit: float) -> Reason:
    if rtt_ms is None:
        return Reason(_("Latency unknown."))
    return Reason(
        _("Latency %(ms)s ms, above the limit of %(limit)s ms."), {"ms": f"{rtt_ms:g}", "limit": f"{limit:g}"}
    )


def green(share: float | None, limit: float) -> Reason:
    if share is None:
        return Reason(_("Green power share unknown."))
    return Reason(
        _("Green power %(share)s%%, below %(limit)s%%."), {"share": round(share * 100), "limit": round(limit * 100)}
    )


def in_both(reason: Reason) -> dict[str, str]:
    """The sentence in both languages, as quotes keep it."""
    with override("zh-hans"):
        chinese = str(reason)
    with override("en"):
        return {"reason_zh": chinese, "reason_en": str(reason)}
