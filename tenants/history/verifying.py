"""Comparing history with its seals: every record that was changed, removed or slipped in is named."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tenants.connections import connection
from tenants.context import NATION, in_province
from tenants.history.models import Anchor, Seal
from tenants.history.sealing import DIGEST, ROOT, UNSEALED, anchor_of, beginning, end_of, hash_of

DIFFERENT = f"""
SELECT w.record_id, w.seal_id, r.id IS NULL, r.act, r.subject_type, r.subject_id
FROM history_sealedrow w LEFT JOIN history_record r ON r.id = w.record_id
WHERE r.id IS NULL OR w.digest <> {DIGEST}
ORDER BY w.record_id
"""  # noqa: S608  our own words only
SLIPPED_IN = f"""
SELECT r.id, r.act, r.subject_type, r.subject_id FROM history_record r
WHERE r.tx < %s AND {UNSEALED} ORDER BY r.id
"""  # noqa: S608
ROOTS = f"SELECT w.seal_id, count(*), {ROOT} FROM history_sealedrow w GROUP BY w.seal_id"  # noqa: S608


@dataclass(frozen=True)
class Verdict:
    """What was looked at, and a sentence per finding."""

    seals: int
    sealed: int
    waiting: int
    newest_at: datetime | None
    findings: list[str]


def verify_province(slug: str) -> Verdict:
    """Recompute every digest and every seal of the province, which reads all of its history.

    No seal is added meanwhile; acts go on.
    """
    with in_province(slug), transaction.atomic():
        with in_province(NATION):
            Anchor.objects.select_for_update().filter(province=slug).first()
        seals = list(Seal.objects.order_by("number"))
        newest = seals[-1] if seals else None
        findings = [
            *_records(),
            *_slipped_in(newest),
            *_chain(slug, seals),
            *_head(newest, anchor_of(slug)),
        ]
        total, sealed = _counts()
    return Verdict(len(seals), sealed, total - sealed, newest.at if newest else None, findings)


def _records() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENT)
        for record, seal, gone, act, subject, pk in cursor.fetchall():
            if gone:
                yield f"Record {record} was removed; seal {seal} covers it."
            else:
                yield f"Record {record} ({act}, {subject} {pk}) was changed after seal {seal}."


def _slipped_in(newest: Seal | None) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(SLIPPED_IN, [newest.horizon if newest else 0])
        for record, act, subject, pk in cursor.fetchall():
            yield (
                f"Record {record} ({act}, {subject} {pk}) lies before seal {newest.number if newest else 0} "
                "and is in none: it was slipped in, or its digest was removed."
            )


def _chain(slug: str, seals: list[Seal]) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(ROOTS)
        roots = {number: (rows, root) for number, rows, root in cursor.fetchall()}
    number, before = 0, beginning(slug)
    for seal in seals:
        if seal.number != number + 1:
            yield f"{_seals(number + 1, seal.number - 1)} missing."
        elif seal.previous != before:
            yield f"Seal {seal.number} does not follow from the one before it: the chain is broken there."
        if seal.hash != hash_of(seal):
            yield f"Seal {seal.number} was changed: its hash does not fit what it says."
        if roots.pop(seal.number, (0, "")) != (seal.rows, seal.root):
            yield (
                f"The digests of seal {seal.number} (records {seal.first_id} to {seal.last_id}) were changed, removed "
                "or added to."
            )
        number, before = seal.number, seal.hash
    for orphan in sorted(roots):
        yield f"Digests of seal {orphan} are there, the seal itself is missing."


def _head(newest: Seal | None, anchor: Anchor | None) -> Iterator[str]:
    number, hash_ = end_of(newest)
    if anchor is None:
        if newest:
            yield "The nation has no anchor of this province: whether the newest seals are there cannot be told."
    elif anchor.number > number:
        yield f"{_seals(number + 1, anchor.number)} missing at the end: the nation's anchor knows them."
    elif anchor.number < number:
        yield f"The nation's anchor ends at seal {anchor.number}, the province at seal {number}: one of them was set."
    elif anchor.hash != hash_:
        yield f"Seal {number} is not the one the nation's anchor knows: the chain was written anew."


def _seals(first: int, last: int) -> str:
    return f"Seal {first} is" if first == last else f"Seals {first} to {last} are"


def _counts() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM history_record), (SELECT count(*) FROM history_sealedrow)")
        total, sealed = cursor.fetchone()
    return total, sealed
