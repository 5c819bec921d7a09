"""I4 and I8 of ARCHITECTURE.md: money neither appears nor vanishes, and what is reserved is promised to orders."""

from collections.abc import Iterator
from typing import cast
from uuid import UUID

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from portal.ledger.models import GUARDED, Account, AccountKind, Posting, Reservation, Transaction


def findings() -> Iterator[str]:
    yield from _unbalanced()
    yield from _balances()
    yield from _reserved()


def _unbalanced() -> Iterator[str]:
    sums = Transaction.objects.annotate(total=Coalesce(Sum("postings__amount_u"), 0)).exclude(total=0)
    for row in sums:
        yield f"I4: the postings of transaction {row.pk} sum to {row.total} u."
    for empty in Transaction.objects.filter(postings=None):
        yield f"I4: transaction {empty.pk} has no postings."


def _balances() -> Iterator[str]:
    of_account = Posting.objects.filter(account=OuterRef("pk")).values("account")
    posted = Coalesce(Subquery(of_account.annotate(total=Sum("amount_u")).values("total")), 0)
    accounts = Account.objects.annotate(posted=posted)
    for one in accounts.exclude(posted=F("balance_u")):
        yield f"I4: account {one.pk} ({one.kind}) shows {one.balance_u} u, its postings sum to {one.posted} u."
    for one in accounts.filter(kind__in=GUARDED, balance_u__lt=0):
        yield f"I4: account {one.pk} ({one.kind}) is below zero: {one.balance_u} u."


def _reserved() -> Iterator[str]:
    open_u = F("reserved_u") - F("captured_u") - F("released_u")
    rows = Reservation.objects.filter(closed_at=None).values("organisation").annotate(total=Sum(open_u))
    promised = {row["organisation"]: row["total"] for row in rows}
    for one in Account.objects.filter(kind=AccountKind.RESERVED, organisation__isnull=False):
        total = promised.pop(cast(UUID, one.organisation_id), 0)
        if total != one.balance_u:
            yield f"I8: organisation {one.organisation_id} has {one.balance_u} u reserved, its orders need {total} u."
    for organisation, total in promised.items():
        yield f"I8: orders of organisation {organisation} need {total} u, but it has no reserved account."
