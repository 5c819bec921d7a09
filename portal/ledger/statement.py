"""A bank statement as a file: each transfer is matched by its reference and booked or left to the second officer.

Columns: `reference`, `credit_code`, `amount` (yuan). A reference that was recorded before is the same transfer and
is left alone, also when its booking was reversed; if it says another payer or amount than the record, that is a fault.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts import uscc
from portal.accounts.models import Organisation, User
from portal.ledger.actions import lock_wallet, record_top_up, reference_key
from portal.ledger.models import TopUp
from portal.staff.tables.imports import Fault, Plan, Row
from portal.web.texts import decimals, normal
from portal.web.wording import MICRO, YUAN

COLUMNS = ("reference", "credit_code", "amount")
MOST_YUAN = 1_000_000_000


@dataclass(frozen=True)
class Transfer:
    reference: str
    payer: Organisation
    amount_u: int


def plan(rows: list[Row]) -> Plan:
    """What the statement would do."""
    transfers, same, faults = _read(rows)
    return Plan(new=len(transfers), same=same, faults=faults)


@transaction.atomic
def take(rows: list[Row], *, by: User) -> None:
    """Record every new transfer, all or none. Raises `Refusal` for one that was recorded meanwhile.

    All wallets are locked before the first booking holds the bank's account, in one order for all statements.
    """
    transfers = _read(rows)[0]
    payers = {one.payer.pk: one.payer for one in transfers}
    for _pk, payer in sorted(payers.items()):
        lock_wallet(payer)
    for one in transfers:
        record_top_up(one.payer, one.amount_u, one.reference, by=by)


def _read(rows: list[Row]) -> tuple[list[Transfer], int, list[Fault]]:
    """New transfers, how many are known, and every fault."""
    payers = {one.uscc: one for one in Organisation.objects.filter(uscc__in={_code(row) for row in rows})}
    named = [reference_key(_reference(row)) for row in rows]
    recorded = TopUp.objects.filter(reference_key__in=named)
    known = {one.reference_key: one for one in recorded.standing()}
    reversed_ones = {(one.reference_key, one.organisation_id, one.amount_u) for one in recorded.reversed()}
    transfers: dict[str, Transfer] = {}
    faults: list[Fault] = []
    same = 0
    for row in rows:
        found = _transfer(row, payers, transfers)
        if isinstance(found, Fault):
            faults.append(found)
        elif (key := reference_key(found.reference)) not in known:
            if (key, found.payer.pk, found.amount_u) in reversed_ones:
                same += 1
            else:
                transfers[key] = found
        elif fault := _differs(row, found, known[key]):
            faults.append(fault)
        else:
            same += 1
    return list(transfers.values()), same, faults


def _code(row: Row) -> str:
    return uscc.plain(row.cells["credit_code"])


def _reference(row: Row) -> str:
    return normal.text(row.cells["reference"])


def _transfer(row: Row, payers: dict[str, Organisation], before: dict[str, Transfer]) -> Transfer | Fault:
    reference = _reference(row)
    if not reference or len(reference) > 60:
        return _fault(row, "reference", _("The bank's reference is missing or longer than 60 characters."))
    if reference_key(reference) in before:
        return _fault(row, "reference", _("This reference stands twice in the file."))
    payer = payers.get(_code(row))
    if payer is None:
        return _fault(row, "credit_code", _("No organisation has this credit code."))
    try:
        yuan = decimals.read(row.cells["amount"], YUAN)
    except ValueError:
        return _fault(row, "amount", str(decimals.NOT_A_NUMBER))
    if not 0 < yuan <= MOST_YUAN or yuan * MICRO % 1:
        sentence = _("The amount is not a number of yuan above zero with at most six decimals.")
        return _fault(row, "amount", sentence)
    return Transfer(reference, payer, int(yuan * MICRO))


def _differs(row: Row, found: Transfer, known: TopUp) -> Fault | None:
    if known.amount_u != found.amount_u:
        return _fault(row, "amount", _("This reference was recorded before with another amount."))
    if known.organisation_id != found.payer.pk:
        return _fault(row, "credit_code", _("This reference was recorded before for another payer."))
    return None


def _fault(row: Row, column: str, sentence: str) -> Fault:
    return Fault(row.number, column, sentence, row.cells[column])
