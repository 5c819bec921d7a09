"""Sealing history in the background, so that nothing can be changed in it unnoticed.

A seal takes every record that is not sealed yet and whose transaction is older than the oldest one running: such
transactions are finished, so no record that commits later can belong into a seal that stands. Records of a slow
transaction are not lost either, they wait for a later seal, whatever their ids.

The canonical form of a record is the text PostgreSQL gives to a JSON array of its columns; the database computes the
digests, so that sealing and verifying take one statement over many rows. Transaction numbers start anew on another
server: when the last horizon lies in the future, everything unsealed is looked for once without it.
"""

import hashlib
import json
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from tenants import history
from tenants.connections import connection
from tenants.context import NATION, in_province
from tenants.history.models import Anchor, Seal
from tenants.models import Province

MOST_ROWS = 10_000
"""Records in one seal; what is more goes to the next one."""
DIGEST = """sha256(convert_to(jsonb_build_array(r.id, r.tx,
    to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), r.act, r.actor_kind, r.actor_id,
    r.subject_type, r.subject_id, r.facts, r.request_id)::text, 'UTF8'))"""
ROOT = "encode(sha256(coalesce(string_agg(int8send(w.record_id) || w.digest, '' ORDER BY w.record_id), '')), 'hex')"
UNSEALED = "NOT EXISTS (SELECT 1 FROM history_sealedrow w WHERE w.record_id = r.id)"
TAKE = f"""
WITH taken AS (
    INSERT INTO history_sealedrow (record_id, seal_id, digest)
    SELECT r.id, %(number)s, {DIGEST} FROM history_record r
    WHERE r.tx >= %(since)s AND (r.tx < %(oldest)s OR r.tx >= %(next)s) AND {UNSEALED}
    ORDER BY r.id LIMIT %(most)s
    RETURNING record_id, digest
)
SELECT count(*), min(w.record_id), max(w.record_id), {ROOT} FROM taken w
"""  # noqa: S608  our own words only; values are parameters


class ChainBroken(Exception):
    """The province's chain does not end where the nation's anchor says: nothing is sealed until staff have looked."""


def seal_province(slug: str) -> int:
    """Seal what can be sealed in the province; returns how many records. Raises `ChainBroken`.

    One transaction: seals, digests and anchor stand together or not at all; two sealers follow each other.
    """
    with in_province(slug), transaction.atomic():
        anchor = _locked_anchor(slug)
        head = Seal.objects.first()
        _compare(slug, head, anchor)
        sealed = 0
        oldest, following = _running()
        since = head.horizon if head and head.horizon <= following else 0
        while made := _seal(head, slug, since, oldest, following):
            head, sealed = made, sealed + made.rows
            if made.rows < MOST_ROWS:
                break
        if head is not None and sealed:
            _move(anchor, head)
    return sealed


def _running() -> tuple[int, int]:
    """The oldest running transaction, and the number the next one will get."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint "
            "FROM pg_current_snapshot() AS now"
        )
        oldest, following = cursor.fetchone()
    return oldest, following


def _seal(head: Seal | None, slug: str, since: int, oldest: int, following: int) -> Seal | None:
    number = head.number + 1 if head else 1
    asked = {"number": number, "since": since, "oldest": oldest, "next": following, "most": MOST_ROWS}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, asked)
        rows, first_id, last_id, root = cursor.fetchone()
    if not rows:
        return None
    seal = Seal(
        number=number,
        at=timezone.now(),
        rows=rows,
        first_id=first_id,
        last_id=last_id,
        horizon=oldest if rows < MOST_ROWS else since,
        root=root,
        previous=head.hash if head else beginning(slug),
    )
    seal.hash = hash_of(seal)
    seal.save(force_insert=True)
    return seal


def beginning(slug: str) -> str:
    """What the first seal of a province follows: no chain can stand in for another province's."""
    return hashlib.sha256(f"history of {slug}".encode()).hexdigest()


def hash_of(seal: Seal) -> str:
    """SHA-256 over everything a seal says, the hash of the one before included."""
    said = [
        seal.number,
        seal.previous,
        seal.at.astimezone(UTC).isoformat(),
        seal.rows,
        seal.first_id,
        seal.last_id,
        seal.horizon,
    ]
    return hashlib.sha256(json.dumps([*said, seal.root]).encode()).hexdigest()


def end_of(head: Seal | None) -> tuple[int, str]:
    """Number and hash of the newest seal; (0, "") before the first."""
    return (head.number, head.hash) if head else (0, "")


# Anchors ---------------------------------------------------------------------------------------


def _locked_anchor(slug: str) -> Anchor:
    with in_province(NATION):
        Anchor.objects.get_or_create(province=slug)
        return Anchor.objects.select_for_update().get(province=slug)


def _move(anchor: Anchor, head: Seal | None) -> None:
    anchor.number, anchor.hash = end_of(head)
    anchor.at = head.at if head else timezone.now()
    with in_province(NATION):
        anchor.save(update_fields=["number", "hash", "at"])


def _compare(slug: str, head: Seal | None, anchor: Anchor) -> None:
    if end_of(head) != (anchor.number, anchor.hash):
        raise ChainBroken(f"{slug}: the newest seal is not the one the nation's anchor knows. Nothing was sealed.")


def anchor_of(slug: str) -> Anchor | None:
    with in_province(NATION):
        return Anchor.objects.filter(province=slug).first()


@transaction.atomic
def accept_chain(province: Province, *, reason: str, by: object = None) -> None:
    """Go on from the chain the province has now, for instance after a restore; the nation's history keeps both."""
    anchor = _locked_anchor(province.slug)
    with in_province(province):
        head = Seal.objects.first()
    facts = {"known": [anchor.number, anchor.hash], "found": list(end_of(head))}
    _move(anchor, head)
    with in_province(NATION):
        history.record("history.chain_accepted", province, by=by, reason=reason, **facts)


# What waits ------------------------------------------------------------------------------------


def waiting_since() -> datetime | None:
    """When the oldest record of the current province was written that no seal covers; by index, cheap."""
    head = Seal.objects.first()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(r.at) FROM history_record r WHERE r.tx >= %s AND {UNSEALED}",  # noqa: S608
            [head.horizon if head else 0],
        )
        oldest: datetime | None = cursor.fetchone()[0]
    return oldest
