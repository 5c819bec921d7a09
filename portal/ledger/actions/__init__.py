"""Booking money. Every act locks the wallet first, then its reservation; postings sum to zero and stay."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import notices
from portal.accounts.models import Organisation, User
from portal.accounts.notices import tell_of_staff_act
from portal.accounts.roles import MembershipRole
from portal.accounts.signing import require_other_eyes
from portal.ledger.models import (
    GUARDED,
    Account,
    AccountKind,
    Posting,
    Reservation,
    TopUp,
    TopUpState,
    Transaction,
    TransactionKind,
)
from portal.web.texts import normal
from portal.web.wording import money_exact
from tenants import history
from tenants.acts import Refusal, require
from tenants.postgresql import together

TOLD_OF_MONEY = (MembershipRole.OWNER, MembershipRole.FINANCE)


def account(kind: AccountKind, organisation: Organisation | None = None, province: str = "") -> Account:
    """The account, made at its first use."""
    found, _made = Account.objects.get_or_create(kind=kind, organisation=organisation, province=province)
    return found


def wallet_of(organisation: Organisation) -> Account:
    return account(AccountKind.WALLET, organisation)


@dataclass(frozen=True)
class Purse:
    """An organisation with its two guarded accounts, locked until the transaction ends."""

    organisation: Organisation
    wallet: Account
    reserved: Account


def lock_wallet(organisation: Organisation) -> Purse:
    """Wallet, then reserved account, locked: the first lock of every act with money. The organisation is read anew."""
    rows = Account.objects.filter(organisation=organisation, kind__in=GUARDED).select_related("organisation")
    locked = rows.select_for_update(of=("self",), no_key=True).order_by("-kind")
    found = {row.kind: row for row in locked}
    if len(found) < len(GUARDED):
        for kind in GUARDED:
            account(kind, organisation)
        return lock_wallet(organisation)
    wallet = found[AccountKind.WALLET]
    return Purse(cast(Organisation, wallet.organisation), wallet, found[AccountKind.RESERVED])


def balances(organisation: Organisation) -> tuple[int, int]:
    """Free and reserved money of the organisation, micro-yuan."""
    rows = dict(Account.objects.filter(organisation=organisation, kind__in=GUARDED).values_list("kind", "balance_u"))
    return rows.get(AccountKind.WALLET, 0), rows.get(AccountKind.RESERVED, 0)


def reserve(purse: Purse, purchase_id: uuid.UUID, amounts: Mapping[tuple[str, uuid.UUID], int], *, by: User) -> None:
    """Hold the money of a purchase, one reservation per (province, order).

    Raises `Refusal` `wallet_short` naming the missing amount.
    """
    total = sum(amounts.values())
    missing = total - purse.wallet.balance_u
    require(
        missing <= 0,
        _("The balance is short by %(missing)s; no order was placed and nothing was charged.")
        % {"missing": money_exact(missing)},
        "wallet_short",
        alternatives=[{"kind": "top_up", "missing_u": missing}],
    )
    reservations = [
        Reservation(
            organisation=purse.organisation,
            purchase_id=purchase_id,
            province=province,
            order_id=order_id,
            reserved_u=amount,
        )
        for (province, order_id), amount in amounts.items()
    ]
    moved = {purse.wallet: -total, purse.reserved: total}
    book(TransactionKind.RESERVE, str(purchase_id), moved, by=by, beside=reservations)


def capture(
    order_id: uuid.UUID, amount_u: int, reference: str, *, provider: Organisation, province: str
) -> uuid.UUID | None:
    """Charge used time against the order's reservation; the platform's share goes to its fee account.

    `reference` names the charge once and for all: a second booking of it changes nothing. None for a charge of zero.
    """
    if amount_u == 0:
        return None
    reservation = _locked_reservation(order_id)
    booked = Transaction.objects.filter(kind=TransactionKind.CAPTURE, reference=reference).first()
    if booked is not None:
        return booked.pk
    fee = amount_u * settings.PLATFORM_FEE_PER_MILLE // 1000
    postings = {
        account(AccountKind.RESERVED, reservation.organisation): -amount_u,
        account(AccountKind.PROVIDER_PAYABLE, provider, province): amount_u - fee,
        account(AccountKind.PLATFORM_FEE): fee,
    }
    reservation.captured_u += amount_u
    reservation.save(update_fields=["captured_u"])
    return book(TransactionKind.CAPTURE, reference, postings).pk


def release(order_id: uuid.UUID) -> int:
    """Give what is left of the order's reservation back to the wallet and close it; returns the amount."""
    reservation = _locked_reservation(order_id)
    if reservation.closed_at is not None:
        return 0
    left = reservation.open_u
    reservation.released_u += left
    reservation.closed_at = timezone.now()
    reservation.save(update_fields=["released_u", "closed_at"])
    if left:
        purse = lock_wallet(reservation.organisation)
        book(TransactionKind.RELEASE, str(order_id), {purse.reserved: -left, purse.wallet: left})
    return left


@transaction.atomic
def record_top_up(organisation: Organisation, amount_u: int, bank_reference: str, *, by: User) -> TopUp:
    """Finance saw a transfer. Within the limit of the day it is booked at once, else a second officer books it.

    Raises `Refusal` for an amount that is not positive and for a bank reference that was recorded before.
    """
    require(amount_u > 0, _("The amount must be more than zero. Nothing was recorded."), "bad_amount")
    reference = normal.text(bank_reference)
    require(reference, _("The bank's reference is missing. Nothing was recorded."), "no_reference")
    lock_wallet(organisation)
    try:
        with transaction.atomic():
            top_up = TopUp.objects.create(
                organisation=organisation,
                amount_u=amount_u,
                bank_reference=reference,
                reference_key=reference_key(reference),
                recorded_by=by,
            )
    except IntegrityError:
        raise Refusal(
            _("Transfer %(reference)s was recorded before. Nothing was booked.") % {"reference": reference},
            "known_transfer",
        ) from None
    history.record("top_up.recorded", top_up, by=by, amount_u=amount_u)
    if _within_limit(organisation, amount_u, by):
        _book_top_up(top_up, by=by)
    return top_up


def _within_limit(organisation: Organisation, amount_u: int, officer: User) -> bool:
    """What one officer books alone on a day stays within the limit, for the organisation and over all of the officer's.

    The caller holds the wallet's lock, under which the organisation's sum stands still; the officer's row, locked after
    the wallets and before the bank's account, does the same for the officer's sum.
    """
    User.objects.select_for_update(no_key=True).get(pk=officer.pk)
    alone = TopUp.objects.booked_alone(timezone.now())
    sums = (alone.filter(organisation=organisation).total_u(), alone.filter(recorded_by=officer).total_u())
    return max(sums) + amount_u <= settings.TOP_UP_FOUR_EYES_U


@transaction.atomic
def book_top_up(top_up: TopUp, *, by: User) -> TopUp:
    """The second officer books a large transfer. Raises `Refusal` if it is the first officer or decided already."""
    lock_wallet(top_up.organisation)
    top_up = _undecided(top_up)
    own = _("You recorded this transfer yourself; another finance officer must book it. Nothing was booked.")
    require_other_eyes(top_up.recorded_by_id, by=by, own=own)
    _book_top_up(top_up, by=by)
    return top_up


@transaction.atomic
def refuse_top_up(top_up: TopUp, *, by: User, reason: str) -> TopUp:
    """The transfer is not booked; history keeps the reason and the owners read it."""
    require(reason.strip(), _("Say why the transfer is refused. Nothing was changed."), "reason_missing")
    top_up = _undecided(top_up)
    top_up.move_to(TopUpState.REFUSED, decided_by=by, decided_at=timezone.now())
    history.record("top_up.refused", top_up, by=by, reason=reason.strip())
    tell_of_staff_act(top_up.organisation, "top_up.refused", top_up, reason=reason.strip())
    return top_up


def _undecided(top_up: TopUp) -> TopUp:
    top_up = TopUp.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=top_up.pk)
    require(
        top_up.state == TopUpState.AWAITING_SECOND,
        _("This transfer is decided already. Nothing was changed."),
        "decided",
    )
    return top_up


def _book_top_up(top_up: TopUp, *, by: User) -> None:
    wallet = lock_wallet(top_up.organisation).wallet
    bank = account(AccountKind.BANK_CLEARING)
    book(TransactionKind.TOP_UP, _once(top_up), {wallet: top_up.amount_u, bank: -top_up.amount_u}, by=by)
    top_up.move_to(TopUpState.BOOKED, decided_by=by, decided_at=timezone.now())
    history.record("top_up.booked", top_up, by=by, amount_u=top_up.amount_u)
    notices.tell_members(
        top_up.organisation,
        TOLD_OF_MONEY,
        "top_up_booked",
        top_up,
        amount=money_exact(top_up.amount_u),
        reference=top_up.bank_reference,
    )


def reference_key(reference: str) -> str:
    """By which a transfer is known: statements and officers write one reference in several ways."""
    return normal.key(reference)[:120]


def transaction_of(top_up: TopUp) -> Transaction:
    """The booking of a top-up."""
    return Transaction.objects.get(kind=TransactionKind.TOP_UP, reference=_once(top_up))


def _once(top_up: TopUp) -> str:
    """Reference of its booking: that of the bank, with a number if the transfer was booked and reversed before."""
    same = TopUp.objects.filter(bank_reference=top_up.bank_reference, pk__lt=top_up.pk, state=TopUpState.REVERSED)
    before = same.count()
    return f"{top_up.bank_reference} ({before + 1})" if before else top_up.bank_reference


def _locked_reservation(order_id: uuid.UUID) -> Reservation:
    """Wallet first, then the reservation."""
    found = Reservation.objects.select_related("organisation").get(order_id=order_id)
    lock_wallet(found.organisation)
    return Reservation.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=found.pk)


def book(
    kind: TransactionKind,
    reference: str,
    amounts: Mapping[Account, int],
    *,
    by: Any = None,
    beside: Iterable[Reservation] = (),
) -> Transaction:
    """One transaction with its postings; shared accounts follow in the order of their ids, after the locked ones.

    `beside`: new reservations that are written by the same statement.
    """
    booked = Transaction(kind=kind, reference=reference, by=by)
    moved = {one.pk: amount for one, amount in amounts.items() if amount}
    postings = [Posting(transaction=booked, account_id=pk, amount_u=amount) for pk, amount in moved.items()]
    together.insert(booked, *postings, *beside)
    own = {one.pk: moved.pop(one.pk) for one in amounts if one.kind in GUARDED and one.pk in moved}
    if own:
        change = Case(*(When(pk=pk, then=Value(amount)) for pk, amount in own.items()))
        Account.objects.filter(pk__in=own).update(balance_u=F("balance_u") + change)
    for pk in sorted(moved):
        Account.objects.filter(pk=pk).update(balance_u=F("balance_u") + moved[pk])
    return booked
