"""The wallet of the acting organisation: what is free, what is reserved, and every booking."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.accounts.models import Organisation
from portal.accounts.permissions import require_right
from portal.directory.models import OrderIndex
from portal.ledger.actions import balances
from portal.ledger.models import GUARDED, Account, AccountKind, TopUp, Transaction, TransactionKind

PER_PAGE = 20
TONES = {
    TransactionKind.TOP_UP: "ok",
    TransactionKind.RESERVE: "wait",
    TransactionKind.CAPTURE: "off",
    TransactionKind.RELEASE: "ok",
    TransactionKind.REVERSAL: "bad",
}


@dataclass
class Booking:
    """One transaction as it moved the organisation's own two accounts."""

    transaction: Transaction
    tone: str
    wallet_u: int
    reserved_u: int
    purchase_id: uuid.UUID | None = None
    numbers: list[str] = field(default_factory=list)
    """Numbers of the orders it belongs to."""


@require_safe
def wallet(request: HttpRequest) -> HttpResponse:
    """Free and reserved money, open top-ups and a page of bookings; the number of queries does not grow with them."""
    organisation = require_right(request, "wallet.view").organisation
    free_u, reserved_u = balances(organisation)
    page, rows = _bookings(organisation, request.GET.get("page"))
    context: dict[str, Any] = {
        "organisation": organisation,
        "transfers_to": settings.TRANSFERS_TO,
        "free_u": free_u,
        "reserved_u": reserved_u,
        "page": page,
        "rows": rows,
        "top_ups": TopUp.objects.awaiting_second().filter(organisation=organisation),
    }
    return render(request, "ledger/wallet.html", context)


def _bookings(organisation: Organisation, number: str | None) -> tuple[Page[Transaction], list[Booking]]:
    own = dict(Account.objects.filter(organisation=organisation, kind__in=GUARDED).values_list("pk", "kind"))
    booked = Transaction.objects.filter(postings__account__in=own).distinct().order_by("-at", "-pk")
    page = Paginator(booked.prefetch_related("postings"), PER_PAGE).get_page(number)
    rows = [_booking(one, own) for one in page.object_list]
    _name_orders(rows, organisation)
    return page, rows


def _booking(transaction: Transaction, own: dict[int, str]) -> Booking:
    moved = dict.fromkeys(GUARDED, 0)
    for posting in transaction.postings.all():
        if posting.account_id in own:
            moved[AccountKind(own[posting.account_id])] += posting.amount_u
    tone = TONES[TransactionKind(transaction.kind)]
    return Booking(transaction, tone, moved[AccountKind.WALLET], moved[AccountKind.RESERVED])


def _name_orders(rows: list[Booking], organisation: Organisation) -> None:
    """References begin with the uuid of the purchase (reservation) or of one order of it (charge, release)."""
    meant = {row.transaction.pk: _uuid(row.transaction.reference.split(" ")[0]) for row in rows}
    wanted = [one for one in meant.values() if one]
    known = OrderIndex.objects.filter(Q(purchase_id__in=wanted) | Q(pk__in=wanted), organisation=organisation)
    orders = list(known.order_by("number"))
    for row in rows:
        reference = meant[row.transaction.pk]
        found = [one for one in orders if reference and reference in (one.purchase_id, one.pk)]
        if found:
            row.purchase_id = found[0].purchase_id
            row.numbers = [one.number for one in found]


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
