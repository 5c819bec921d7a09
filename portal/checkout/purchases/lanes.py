"""The five steps of every lot on its way from reservation to meter, as the lanes of a purchase show them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from marketplace.activation.fulfilment.steps import in_readers_language
from marketplace.activation.models import ResourceState
from marketplace.orders.models import OrderState
from marketplace.settlement.models import Meter
from portal.checkout import state_words
from portal.checkout.purchases.following import Followed, Followings
from portal.checkout.state_words import cards_text
from portal.web.wording import BEIJING


@dataclass
class Step:
    tone: str
    name: str
    text: str
    elapsed: int | None = None
    """Whole seconds since a step that is under way began."""


@dataclass
class Lane:
    letter: str
    title: str
    cards_text: str
    tone: str
    state: str
    aside: str
    steps: list[Step]


def lanes_of(purchase: Followings) -> list[Lane]:
    return [_lane(lot, purchase.purchase.created_at) for lot in purchase.lots]


def rods_of(purchase: Followings) -> list[dict[str, Any]]:
    """One bundle of rods per lot; open while its outcome is unknown."""
    return [
        {
            "letter": lot.letter,
            "cards": lot.line.cards,
            "caption": _("%(province)s %(cards)s, %(state)s")
            % {
                "province": lot.short,
                "cards": cards_text(lot.line.cards),
                "state": _word(lot)[1],
            },
            "open": lot.order.state == OrderState.UNKNOWN,
        }
        for lot in purchase.lots
    ]


def place(lot: Followed) -> str:
    return f"{lot.short}·{lot.line.pool.site.name}"


def seconds(span: timedelta) -> str:
    """A span below a minute with one decimal, else minutes and seconds."""
    total = max(0.0, span.total_seconds())
    if total < 60:
        return _("%(seconds)s s") % {"seconds": f"{total:.2f}" if total < 1 else f"{total:.1f}"}
    return _("%(minutes)s min %(seconds)s s") % {"minutes": int(total) // 60, "seconds": int(total) % 60}


def _lane(lot: Followed, bought_at: datetime) -> Lane:
    tone, word = _word(lot)
    ready_at = lot.resource.ready_at if lot.resource else None
    return Lane(
        letter=lot.letter,
        title=place(lot),
        cards_text=cards_text(lot.line.cards),
        tone=tone,
        state=word,
        aside=_("took %(span)s") % {"span": seconds(ready_at - bought_at)} if ready_at else "",
        steps=_steps(lot, bought_at),
    )


def _word(lot: Followed) -> tuple[str, str]:
    """A lot that already works while its order waits for the others says so."""
    if lot.order.state == OrderState.ACTIVATING and lot.resource and lot.resource.state == ResourceState.READY:
        return "run", _("works, waiting for the other lots")
    if lot.running and lot.order.state == OrderState.ACTIVE:
        return "ok", pgettext("lot", "active, metering")
    return state_words.ORDER_TONES[lot.order.state], state_words.state_word(lot.order.state)


def _steps(lot: Followed, bought_at: datetime) -> list[Step]:
    resource, command, meter = lot.resource, lot.command, lot.meter
    sent_at = command.sent_at if command else None
    applied_at = resource.applied_at if resource else None
    checked_at = resource.ready_at if resource else None
    all_cards = f"{lot.line.cards} / {lot.line.cards}"
    checked = _(", ").join([_between(applied_at, checked_at), all_cards])
    placed_at = lot.order.placed_at
    moments = [
        (_("Reserved"), placed_at, _between(bought_at, placed_at)),
        (_("Sent"), sent_at, _between(placed_at, sent_at)),
        (_("Ready"), applied_at, _between(sent_at or placed_at, applied_at)),
        (_("Checked"), checked_at, checked),
        (_("Metering"), meter.ready_at if meter else None, _meter_text(meter) if meter else ""),
    ]
    steps: list[Step] = []
    began = placed_at
    for name, moment, text in moments:
        if moment is not None:
            steps.append(Step("ok", name, text))
            began = max(began, moment)
        else:
            before = steps[-1].tone if steps else "ok"
            steps.append(_open_step(lot, name, began, first=before == "ok"))
    return steps


def _between(start: datetime | None, end: datetime | None) -> str:
    return seconds(end - start) if start and end else ""


def _open_step(lot: Followed, name: str, began: datetime, *, first: bool) -> Step:
    """A step that has not happened: the first one says what is going on, the later ones wait."""
    state = lot.order.state
    if state in state_words.STOPPED:
        failed = first and state == OrderState.FAILED
        return Step(
            "bad" if failed else "plan",
            name,
            state_words.failure(lot.order.failure_code) if failed else _("did not begin"),
        )
    if not first:
        return Step("plan", name, _("waiting"))
    if state == OrderState.UNKNOWN:
        return Step("unknown", name, _("sent, no answer yet"))
    if state in (OrderState.CANCELLING, OrderState.ENDING):
        return Step("plan", name, _("did not begin"))
    said = in_readers_language(lot.command.step) if lot.command else ""
    return Step("run", name, said or _("under way"), elapsed=max(0, int((lot.at - began).total_seconds())))


def _meter_text(meter: Meter) -> str:
    if meter.stopped_at is not None:
        return _("until %(time)s") % {"time": _clock(meter.stopped_at)}
    return _("since %(time)s") % {"time": _clock(meter.ready_at)}


def _clock(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%H:%M:%S")
