"""A top-up that should not have been booked: one officer asks for its reversal, another one books it.

Postings stay; the reversal has the opposite ones. The transfer can then be recorded anew, for the right payer.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.notices import tell_of_staff_act
from portal.accounts.signing import require_other_eyes
from portal.ledger.actions import book, lock_wallet, transaction_of
from portal.ledger.models import Account, AccountKind, TopUp, TopUpState, TransactionKind
from portal.web.wording import money_exact
from tenants import history
from tenants.acts import reasoned, require


@transaction.atomic
def ask_reversal(top_up: TopUp, *, reason: str, by: User) -> TopUp:
    """Nothing moves before a second officer confirms it."""
    reason = reasoned(reason)
    top_up = _locked(top_up, TopUpState.BOOKED)
    top_up.move_to(TopUpState.REVERSING, reversal_reason=reason, reversal_asked_by=by)
    history.record("top_up.reversal_asked", top_up, by=by, reason=reason)
    return top_up


@transaction.atomic
def confirm_reversal(top_up: TopUp, *, by: User) -> TopUp:
    """Take the amount from the wallet again. Raises `Refusal` if it is the first officer or the money is not there."""
    purse = lock_wallet(top_up.organisation)
    top_up = _locked(top_up, TopUpState.REVERSING)
    own = _("You asked for this reversal yourself; another finance officer must confirm it. Nothing was booked.")
    require_other_eyes(top_up.reversal_asked_by_id, by=by, own=own)
    missing = top_up.amount_u - purse.wallet.balance_u
    require(
        missing <= 0,
        _(
            "The wallet is short by %(missing)s for this reversal. Nothing was booked; "
            "ask the organisation to pay it in."
        )
        % {"missing": money_exact(missing)},
        "wallet_short",
    )
    booked = transaction_of(top_up)
    mirrored = {one.account: -one.amount_u for one in booked.postings.select_related("account")}
    book(TransactionKind.REVERSAL, booked.reference, _own_first(mirrored), by=by)
    top_up.move_to(TopUpState.REVERSED, reversed_by=by, reversed_at=timezone.now())
    history.record("top_up.reversed", top_up, by=by, amount_u=top_up.amount_u, reason=top_up.reversal_reason)
    tell_of_staff_act(top_up.organisation, "top_up.reversed", top_up, reason=top_up.reversal_reason)
    return top_up


@transaction.atomic
def drop_reversal(top_up: TopUp, *, reason: str, by: User) -> TopUp:
    """The top-up stays booked."""
    reason = reasoned(reason)
    top_up = _locked(top_up, TopUpState.REVERSING)
    top_up.move_to(TopUpState.BOOKED, reversal_reason="", reversal_asked_by=None)
    history.record("top_up.reversal_dropped", top_up, by=by, reason=reason)
    return top_up


def _own_first(amounts: dict[Account, int]) -> dict[Account, int]:
    """The wallet, then the bank's account: the order in which all bookings change them."""
    return dict(sorted(amounts.items(), key=lambda pair: pair[0].kind != AccountKind.WALLET))


def _locked(top_up: TopUp, state: TopUpState) -> TopUp:
    lock_wallet(top_up.organisation)
    top_up = TopUp.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=top_up.pk)
    require(
        top_up.state == state,
        _("This transfer is “%(state)s” now. Nothing was changed.") % {"state": top_up.get_state_display()},
        "wrong_state",
    )
    return top_up
