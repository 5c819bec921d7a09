"""Cards of a pool: registering them, finding them among thousands, and moving many at once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.catalog import actions, occupancy
from marketplace.catalog.access import SUPPLY, answer, managed, person
from marketplace.catalog.models import Card, CardState, Pool
from marketplace.catalog.supply.actions.cards import BACK, MOVABLE
from marketplace.catalog.supply.card_forms import CardsForm
from tenants.acts import Refusal
from tenants.history.models import Record

USES = {"free": gettext_lazy("free"), "in_use": gettext_lazy("leased or reserved")}


@dataclass(frozen=True)
class CardFilter:
    """What the address asks of a pool's cards: words in serial or node, a state, whether a lease occupies them."""

    q: str = ""
    state: str = ""
    use: str = ""

    @classmethod
    def read(cls, said: Mapping[str, str]) -> "CardFilter":
        state, use = said.get("state", ""), said.get("use", "")
        return cls(
            said.get("q", "").strip()[:100].replace("\0", ""),
            state if state in CardState.values else "",
            use if use in USES else "",
        )

    def of(self, pool: Pool) -> "QuerySet[Card]":
        """The pool's cards that fit, each with `in_use`."""
        cards = Card.objects.filter(pool=pool).annotate(in_use=occupancy.occupied()).order_by("node", "pk")
        if self.q:
            cards = cards.filter(Q(serial__icontains=self.q) | Q(node__icontains=self.q))
        if self.state:
            cards = cards.filter(state=self.state)
        if self.use:
            cards = cards.filter(in_use=self.use == "in_use")
        return cards

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.state or self.use)

    def address(self, pool: Pool, **more: Any) -> str:
        """The pool's page at its cards, filtered so."""
        said = {name: value for name, value in {**vars(self), **more}.items() if value}
        return f"{reverse('catalog:pool', args=[pool.pk])}{'?' if said else ''}{urlencode(said)}#cards"

    @property
    def states(self) -> list[tuple[str, Any]]:
        return list(CardState.choices)

    @property
    def uses(self) -> list[tuple[str, Any]]:
        return list(USES.items())


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    pool = managed(request, SUPPLY, Pool.objects.select_related("site", "card_model"), pool_id)
    form = CardsForm(request.POST or None)
    return answer(
        request,
        form,
        lambda: actions.add_cards(pool, form.cleaned_data["rows"], by=person(request)),
        done=lambda cards: (
            ngettext(
                "%(count)s card is registered and in service.",
                "%(count)s cards are registered and in service.",
                len(cards),
            )
            % {"count": len(cards)}
        ),
        to=lambda _cards: reverse("catalog:pool", args=[pool.pk]),
        template="catalog/workspace/cards_form.html",
        shown={"provider": pool.provider, "pool": pool},
    )


# Moving many -----------------------------------------------------------------------------------

VERBS = {"maintenance": CardState.MAINTENANCE, "service": CardState.IN_SERVICE, "retire": CardState.RETIRED}
DONE = {
    "cards.maintenance": ngettext_lazy(
        "%(count)s card is under maintenance and not sold.",
        "%(count)s cards are under maintenance and not sold.",
        "count",
    ),
    "cards.returned": ngettext_lazy(
        "%(count)s card is in service again.", "%(count)s cards are in service again.", "count"
    ),
    "cards.retired": ngettext_lazy("%(count)s card is retired.", "%(count)s cards are retired.", "count"),
}


@require_POST
def move(request: HttpRequest, pool_id: uuid.UUID, verb: str) -> HttpResponse:
    """Move the cards that were ticked, or all that the filter found; first asks about what is much or final."""
    pool = managed(request, SUPPLY, Pool.objects.select_related("site", "card_model"), pool_id)
    if verb not in VERBS:
        raise Http404
    asked, everything = CardFilter.read(request.POST), "everything" in request.POST
    cards = _movable(asked.of(pool), verb) if everything else _ticked(request)
    if not cards:
        none = _("No card was chosen, so nothing was changed. Tick the cards first.")
        messages.error(request, _("None of these cards can be moved so. Nothing was changed.") if everything else none)
        return redirect(asked.address(pool))
    if (verb == "retire" or everything) and "confirmed" not in request.POST:
        return _confirm(request, pool, verb, cards, asked)
    try:
        moved = actions.move_cards(pool, cards, VERBS[verb], by=person(request))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(asked.address(pool))
    return redirect(asked.address(pool, moved=moved.record))


def _ticked(request: HttpRequest) -> set[int]:
    """Ids of `card`, one each, and of `cards`, one long word; what is none is left out."""
    words = [*request.POST.getlist("card"), *request.POST.get("cards", "").split(",")]
    return {int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19}


def _movable(cards: Any, verb: str) -> set[int]:
    """Those of the cards that can be moved so now."""
    states = [state for state in MOVABLE if Card.moves.allows(state, VERBS[verb])]
    cards = cards.filter(state__in=states)
    if verb != "service":
        cards = cards.filter(in_use=False)
    return set(cards.values_list("pk", flat=True))


def _confirm(request: HttpRequest, pool: Pool, verb: str, cards: set[int], asked: CardFilter) -> HttpResponse:
    found = pool.cards.filter(pk__in=cards)
    shown = {
        "provider": pool.provider,
        "pool": pool,
        "verb": verb,
        "count": found.count(),
        "first": found.order_by("node", "pk")[:10],
        "left_out": asked.of(pool).count() - len(cards) if "everything" in request.POST else 0,
        "cards": ",".join(map(str, sorted(cards))),
        "asked": asked,
        "back": asked.address(pool),
    }
    return render(request, "catalog/workspace/cards_confirm.html", shown)


def undo_of(pool: Pool, record: str) -> dict[str, Any] | None:
    """What a move just did, for the page it leads to, and whether it can be taken back."""
    if not record.isascii() or not record.isdigit() or len(record) > 18:
        return None
    row = Record.objects.filter(pk=int(record), subject_type="catalog.pool", subject_id=str(pool.pk)).first()
    if row is None or row.act not in DONE:
        return None
    count = len(row.facts["cards"])
    return {"sentence": DONE[row.act] % {"count": count}, "record": row.pk if row.act in BACK else None}


@require_POST
def undo(request: HttpRequest, pool_id: uuid.UUID, record: int) -> HttpResponse:
    pool = managed(request, SUPPLY, Pool.objects.all(), pool_id)
    try:
        moved = actions.take_back(pool, record, by=person(request))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        sentence = ngettext("Taken back: %(count)s card.", "Taken back: %(count)s cards.", moved.cards)
        messages.success(request, sentence % {"count": moved.cards})
    return redirect(f"{reverse('catalog:pool', args=[pool.pk])}#cards")
