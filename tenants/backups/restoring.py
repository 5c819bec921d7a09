"""Putting one province back from a backup while the portal runs.

The file is loaded into a schema beside the province's, brought to the code's migrations and looked at; only then the
two change places in one short transaction, in which the nation's lists are written anew from the restored tables. A
broken file changes nothing. Sales of the province rest meanwhile, leases and other provinces go on, and what stood
before is kept as a backup of its own.

Money is not put back: the ledger lies in `public` and says what was promised, charged and paid, whatever a province has
forgotten. The apps above bring the restored tables in line with it (`rebuild` in their `provinces`) and name every
order that a person must look after; while there is one, sales stay suspended.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from tenants import history, hosts, registry
from tenants.actions import (
    backup_province,
    find_province,
    lock_province,
    resume_province,
    suspend_province,
)
from tenants.acts import Refusal, require
from tenants.backups import dumps, files
from tenants.backups.programs import NoDump
from tenants.connections import connection
from tenants.context import NATION, in_province, in_public
from tenants.history.models import Record
from tenants.history.sealing import accept_chain
from tenants.models import Province, ProvinceKind, ProvinceState
from tenants.schemas import migrating, replay, versions

SWAP_WAITS_AT_MOST = "5s"
RESTORE_LOCK = 0x7E50


@dataclass
class Restored:
    """What was done, in seconds, and what a person must know."""

    province: Province
    migrated: list[str] = field(default_factory=list)
    """Migrations the backup lacked."""
    before: dumps.Kept | None = None
    """What stood until now."""
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    """By step; `swapped` is how long the province's tables could not be used."""


def restore_province(slug: str, path: Path, *, by: Any = None) -> Restored:
    """Put the province back as the file has it.

    Raises `Refusal` for another province's, a newer portal's or a damaged file, and then nothing was changed.
    """
    with _alone(slug):
        province = _restorable(slug)
        _check_file(province, path)
        return _restore(province, path, by=by)


@contextmanager
def _alone(slug: str) -> Iterator[None]:
    """Two at a time would load into one schema, and one put in place what the other has half loaded."""
    with dumps.session() as session:
        taken = session.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [RESTORE_LOCK, slug]).fetchone()
        require(taken and taken[0], _("Somebody is restoring this province already. Nothing was changed."), "restoring")
        yield


def _restore(province: Province, path: Path, *, by: Any) -> Restored:
    slug = province.slug
    was_open = province.state == ProvinceState.OPEN
    if was_open:
        suspend_province(slug, by=by)
    side = f"restored_{slug}"
    done = Restored(province)
    try:
        _timed(done, "loaded", lambda: _load(path, slug, side))
        _timed(done, "migrated", lambda: done.migrated.extend(_bring_up_to_date(side)))
        _put_files_back(path, slug)
        if replay.exists(slug):
            _timed(done, "kept", lambda: setattr(done, "before", backup_province(slug, by=by)))
        _timed(done, "swapped", lambda: _swap(done, side, path, by=by))
    except BaseException:
        dumps.drop(side)
        if was_open and find_province(slug).state == ProvinceState.SUSPENDED:
            resume_province(slug, by=by)
        raise
    dumps.drop(f"replaced_{slug}")
    if was_open and not done.notes:
        resume_province(slug, by=by)
    done.province.refresh_from_db()
    return done


def _timed(done: Restored, step: str, act: Callable[[], object]) -> None:
    began = monotonic()
    act()
    done.seconds[step] = monotonic() - began


# Before anything is changed ---------------------------------------------------------------------


def _restorable(slug: str) -> Province:
    province = find_province(slug)
    require(
        province.kind == ProvinceKind.PROVINCE,
        _("The nation's own sub-platform is restored with the whole database only. Nothing was changed."),
        "nation",
    )
    require(
        province.state in (ProvinceState.OPEN, ProvinceState.SUSPENDED),
        _("%(name)s is “%(state)s”; only an open or suspended province is restored. Nothing was changed.")
        % {"name": province.name, "state": province.get_state_display()},
        "wrong_state",
    )
    return province


def _check_file(province: Province, path: Path) -> None:
    try:
        source = dumps.schema_in(path)
    except (dumps.BrokenFile, NoDump) as reason:
        raise _unchanged(str(reason), "broken_file") from None
    require(
        source == province.slug,
        _("%(file)s is a backup of %(source)s, not of %(slug)s. Nothing was changed.")
        % {"file": path.name, "source": source, "slug": province.slug},
        "other_province",
    )
    with in_province(NATION):
        known = Record.objects.filter(
            subject_id=str(province.pk), facts__file=path.name, facts__has_key="sha256"
        ).first()
    if known is not None:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        require(
            digest == known.facts["sha256"],
            _("%(file)s is not the file that was written: history knows another SHA-256 of it. Nothing was changed.")
            % {"file": path.name},
            "changed_file",
        )


def _load(path: Path, slug: str, side: str) -> None:
    try:
        dumps.load(path, slug, side)
    except (dumps.BrokenFile, NoDump) as reason:
        raise _unchanged(str(reason), "broken_file") from None


def _put_files_back(path: Path, slug: str) -> None:
    """Before the change of places, which says what is still missing; a file nobody names any more does no harm."""
    try:
        files.put_back(path, slug)
    except (files.BrokenArchive, OSError) as reason:
        raise _unchanged(f"{str(reason).rstrip('.')}.", "broken_file") from None


def _bring_up_to_date(side: str) -> list[str]:
    """Migrate the loaded schema; returns what it lacked. Refuses one that knows migrations the code does not."""
    unknown = versions.applied_in([side])[side] - versions.on_disk()
    require(
        not unknown,
        _("The backup was made by a newer portal: it has %(names)s, which this one does not know. Nothing was changed.")
        % {"names": ", ".join(sorted(".".join(name) for name in unknown))},
        "newer_version",
    )
    applied: list[str] = []
    for plan in migrating.plans([side]):
        for result in migrating.run(plan):
            if result.failure:
                raise _unchanged(
                    _("The backup could not be brought to this version: %(why)s.") % {"why": result.failure},
                    "migration",
                )
            applied += result.applied
    return applied


def _unchanged(reason: str, code: str) -> Refusal:
    return Refusal(_("%(reason)s Nothing was changed.") % {"reason": reason}, code)


# The change ------------------------------------------------------------------------------------


def _swap(done: Restored, side: str, path: Path, *, by: Any) -> None:
    slug = done.province.slug
    dumps.drop(f"replaced_{slug}")
    try:
        with in_public(), transaction.atomic():
            province = lock_province(slug)
            require(
                province.state == ProvinceState.SUSPENDED,
                _("%(name)s is “%(state)s” now: somebody changed that meanwhile. Nothing was restored.")
                % {"name": province.name, "state": province.get_state_display()},
                "wrong_state",
            )
            _change_places(slug, side)
            with in_province(province):
                for rebuild in registry.functions("provinces", "rebuild"):
                    done.notes += rebuild(province)
            accept_chain(province, reason=f"restored from {path.name}", by=by)
            facts = {"file": path.name, "before": done.before and done.before.path.name, "migrated": done.migrated}
            with in_province(NATION):
                history.record("province.restored", province, by=by, **facts, notes=done.notes)
            transaction.on_commit(hosts.forget)
    except OperationalError as error:
        words = " ".join(str(error).split())
        raise _unchanged(_("The tables were in use (%(words)s); try again.") % {"words": words}, "busy") from None


def _change_places(slug: str, side: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{SWAP_WAITS_AT_MOST}'")
        if replay.exists(slug):
            cursor.execute(f'ALTER SCHEMA "{slug}" RENAME TO "replaced_{slug}"')
        cursor.execute(f'ALTER SCHEMA "{side}" RENAME TO "{slug}"')
