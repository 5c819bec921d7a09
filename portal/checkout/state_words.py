"""Tone and word of every state a buyer can meet on the pages of a purchase."""

import re
from collections.abc import Iterable

from django.utils.translation import ngettext, pgettext, pgettext_lazy

from marketplace.orders.models import OrderState
from tenants.acts import Refusal

S = OrderState
FIRST_SENTENCE = re.compile(r"(.*?(?:。|\.(?=\s)|$))(.*)", re.DOTALL)
BETWEEN_SCRIPTS = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])")

ORDER_TONES: dict[str, str] = {
    S.PLACED: "run",
    S.AWAITING_PROVIDER: "wait",
    S.SCHEDULED: "wait",
    S.ACTIVATING: "run",
    S.PARTIALLY_ACTIVE: "run",
    S.ACTIVE: "ok",
    S.DEGRADED: "warn",
    S.UNKNOWN: "unknown",
    S.CANCELLING: "run",
    S.ENDING: "run",
    S.ENDED: "off",
    S.CANCELLED: "off",
    S.REJECTED: "bad",
    S.EXPIRED: "off",
    S.FAILED: "bad",
}
MOVING = frozenset({S.PLACED, S.ACTIVATING, S.UNKNOWN, S.CANCELLING, S.ENDING})
"""States that change without a person: the page asks again every two seconds while an order is in one of them."""
STOPPED = frozenset({S.FAILED, S.REJECTED, S.CANCELLED, S.EXPIRED, S.ENDED})
"""States in which a step that did not happen never will."""

FAILURES = {
    "capacity_gone": pgettext_lazy("failure", "the provider no longer had the cards"),
    "image_pull": pgettext_lazy("failure", "the workspace image could not be fetched"),
    "quota": pgettext_lazy("failure", "the provider's quota was used up"),
    "network": pgettext_lazy("failure", "the provider could not be reached"),
    "auth": pgettext_lazy("failure", "the provider's platform refused the sign-in"),
    "policy": pgettext_lazy("failure", "a rule of the provider forbids it"),
    "hardware": pgettext_lazy("failure", "a card is faulty"),
    "internal": pgettext_lazy("failure", "the provider's platform reported an error"),
    "hold_expired": pgettext_lazy("failure", "the cards were held for two hours without being activated"),
}
"""Reason codes of agents, and ours for a hold that ran out."""


def state_word(state: str) -> str:
    return str(OrderState(state).label)


def cards_text(cards: int) -> str:
    return ngettext("%(cards)s card", "%(cards)s cards", cards) % {"cards": cards}


def failure(code: str) -> str:
    return str(FAILURES.get(code, FAILURES["internal"]))


def short_name(name: str) -> str:
    """A Chinese province's name without the word for its kind (山西省 → 山西); other names stay."""
    if not name.endswith(("省", "市", "区")):
        return name
    return name[:3] if name.startswith(("内蒙古", "黑龙江")) else name[:2]


def said(refusal: Refusal | None) -> tuple[str, str]:
    """A refusal's first sentence, which is the heading, and the rest."""
    if refusal is None:
        return "", ""
    first, rest = FIRST_SENTENCE.fullmatch(str(refusal)).groups()  # type: ignore[union-attr]  # it matches any text
    return first, rest.strip()


def spaced(text: str) -> str:
    """A plain space between Chinese and Latin letters or digits, where a name was put into a sentence."""
    return BETWEEN_SCRIPTS.sub(" ", text)


def listing(provinces: Iterable[str]) -> str:
    """Short names, each once, in order."""
    return pgettext("between names in a list", ", ").join(dict.fromkeys(short_name(name) for name in provinces))


def purchase_state(states: list[str]) -> tuple[str, str]:
    """Tone and word of a whole purchase: the state that needs the buyer's eye first, `active 1 / 2` while it starts."""
    for state in (S.UNKNOWN, S.FAILED, S.REJECTED, S.DEGRADED, S.ENDING, S.CANCELLING):
        if state in states:
            return ORDER_TONES[state], state_word(state)
    live = [state for state in states if state not in (S.ENDED, S.CANCELLED, S.EXPIRED)]
    starting = [state for state in live if state != S.ACTIVE]
    if starting:
        return ORDER_TONES[starting[0]], state_word(starting[0])
    if live:
        return ORDER_TONES[S.ACTIVE], state_word(S.ACTIVE)
    last = S.ENDED if S.ENDED in states or not states else states[0]
    return ORDER_TONES[last], state_word(last)
