"""Transfers above the day's four-eyes limit: they wait for an officer other than the one who recorded them."""

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.ledger.models import TopUp, TopUpState
from portal.staff import desk
from portal.web.wording import money_exact


def awaiting_second(user: User) -> desk.Waiting:
    """Not those the person recorded: somebody else must book them."""
    rows = TopUp.objects.awaiting_second().exclude(recorded_by=user)
    return desk.waiting(rows.select_related("organisation"), "recorded_at", _transfer)


def awaiting_reversal(user: User) -> desk.Waiting:
    """Not those the person asked for: somebody else must confirm them."""
    rows = TopUp.objects.awaiting_reversal().exclude(reversal_asked_by=user)
    return desk.waiting(rows.select_related("organisation"), "recorded_at", _transfer)


def _transfer(one: TopUp) -> desk.Item:
    title = f"{money_exact(one.amount_u)} · {one.organisation.name}"
    return desk.Item(title, one.bank_reference, one.recorded_at, desk.page_of(one))


QUEUES = [
    desk.Queue(
        name="top-ups",
        label=_("Transfers waiting for the second officer"),
        verb="book",
        thing="ledger.topup",
        otherwise=_("The money is not in the wallet; the organisation cannot spend it."),
        act=_("Book or refuse"),
        url=lambda: desk.list_of(TopUp, f"state__exact={TopUpState.AWAITING_SECOND}"),
        find=awaiting_second,
        national=True,
    ),
    desk.Queue(
        name="reversals",
        label=_("Reversals waiting for the second officer"),
        verb="confirm",
        thing="ledger.topup",
        otherwise=_("The money stays in a wallet where it may be spent."),
        act=_("Confirm or refuse"),
        url=lambda: desk.list_of(TopUp, f"state__exact={TopUpState.REVERSING}"),
        find=awaiting_reversal,
        national=True,
    ),
]
