"""A bank statement as CSV: each transfer is matched by its reference and booked or left to the second officer.

Columns: `reference`, `credit_code`, `amount` (yuan). A reference that was recorded before is the same transfer and
is left alone; if it says another payer or amount than the record, that is a fault.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.ledger.actions import lock_wallet, record_top_up
from portal.ledger.models import TopUp
from portal.staff.tables.imports import Fault, Plan
from portal.web.wording import MICRO

COLUMNS = ("reference", "credit_code", "amount")
MOST_YUAN = 1_000_000_000
AMOUNT = re.compile(r"[¥￥]?([0-9]{1,10}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{1,6})?")
"""A comma groups thousands and nothing else: “12,50” is no amount, where a program might read 1250."""


@dataclass(frozen=True)
class Transfer:
    reference: str
    payer: Organisation
    amount_u: int


def plan(rows: list[dict[str, str]]) -> Plan:
    """What the statement would do."""
    transfers, same, faults = _read(rows)
    return Plan(new=len(transfers), same=same, faults=faults)


@transaction.atomic
def take(rows: list[dict[str, str]], *, by: User) -> None:
    """Record every new transfer, all or none. Raises `Refusal` for one that was recorded meanwhile.

    All wallets are locked before the first booking holds the bank's account, in one order for all statements.
    """
    transfers = _read(rows)[0]
    payers = {one.payer.pk: one.payer for one in transfers}
    for _pk, payer in sorted(payers.items()):
        lock_wallet(payer)
    for one in transfers:
        record_top_up(one.payer, one.amount_u, one.reference, by=by)


def _read(rows: list[dict[str, str]]) -> tuple[list[Transfer], int, list[Fault]]:
    """New transfers, how many are known, and every fault."""
    payers = {one.uscc: one for one in Organisation.objects.filter(uscc__in={_code(row) for row in rows})}
    named = [row["reference"] for row in rows]
    known = {one.bank_reference: one for one in TopUp.objects.filter(bank_reference__in=named)}
    transfers: dict[str, Transfer] = {}
    faults: list[Fault] = []
    same = 0
    for number, row in enumerate(rows, 2):
        found = _transfer(number, row, payers, transfers)
        if isinstance(found, Fault):
            faults.append(found)
        elif found.reference not in known:
            transfers[found.reference] = found
        elif fault := _differs(number, found, known[found.reference]):
            faults.append(fault)
        else:
            same += 1
    return list(transfers.values()), same, faults


def _code(row: dict[str, str]) -> str:
    return row["credit_code"].upper()


def _transfer(
    number: int, row: dict[str, str], payers: dict[str, Organisation], before: dict[str, Transfer]
) -> Transfer | Fault:
    reference = row["reference"]
    if not reference or len(reference) > 60:
        return Fault(number, "reference", _("The bank's reference is missing or longer than 60 characters."))
    if reference in before:
        return Fault(number, "reference", _("This reference stands twice in the file."))
    payer = payers.get(_code(row))
    if payer is None:
        return Fault(number, "credit_code", _("No organisation has this credit code."))
    amount_u = _amount(row["amount"])
    if amount_u is None:
        return Fault(number, "amount", _("The amount is not a number of yuan above zero with at most six decimals."))
    return Transfer(reference, payer, amount_u)


def _amount(text: str) -> int | None:
    if not AMOUNT.fullmatch(text):
        return None
    yuan = Decimal(text.replace(",", "").lstrip("¥￥"))
    return int(yuan * MICRO) if 0 < yuan <= MOST_YUAN else None


def _differs(number: int, found: Transfer, known: TopUp) -> Fault | None:
    if known.amount_u != found.amount_u:
        return Fault(number, "amount", _("This reference was recorded before with another amount."))
    if known.organisation_id != found.payer.pk:
        return Fault(number, "credit_code", _("This reference was recorded before for another payer."))
    return None
