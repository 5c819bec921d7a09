"""Opening, suspending, reopening, backing up and closing a province; `tenants.backups.restoring` puts one back."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.outbound.addresses import BadAddress, read_network
from portal.web.wording import gap
from tenants import history, hosts, registry
from tenants.acts import Refusal, require
from tenants.backups import dumps
from tenants.backups.programs import NoDump
from tenants.context import NATION, in_province, in_public
from tenants.models import Province, ProvinceKind, ProvinceState
from tenants.schemas import replay
from tenants.schemas.migrating import Result


def find_province(slug: str) -> Province:
    """Raises `Refusal` if no division has this slug."""
    with in_public():
        province = Province.objects.filter(schema_name=slug).first()
    if province is None:
        raise Refusal(_("No province is called “%(slug)s”. Nothing was changed.") % {"slug": slug}, "unknown_province")
    return province


def open_province(slug: str, *, by: Any = None) -> Province:
    """Make the province's schema and put it on the map; it answers on its host without a restart.

    One transaction: an opening that fails leaves nothing. Raises `Refusal` if it is open already or cannot be made.
    """
    _require_planned(find_province(slug))
    require(
        slug == NATION or Province.objects.open().filter(schema_name=NATION).exists(),
        _("Open the nation first: its history records every opening. Nothing was opened."),
        "nation_first",
    )
    try:
        ddl = replay.template_ddl()
    except NoDump as reason:
        raise Refusal(_("%(reason)s Nothing was opened.") % {"reason": reason}, "no_dump") from None
    with in_public(), transaction.atomic():
        _require_planned(lock_province(slug))
        replay.replay(ddl, slug)
        return _move(slug, ProvinceState.OPEN, "province.opened", by=by, opened_at=timezone.now())


def _require_planned(province: Province) -> None:
    require(
        province.state == ProvinceState.PLANNED,
        _("%(name)s is “%(state)s” now. Nothing was changed.") % _named(province),
        "already_open",
    )


def suspend_province(slug: str, *, by: Any = None) -> Province:
    """Stop sales in the province; leases keep running."""
    _refuse_nation(find_province(slug))
    return _move(slug, ProvinceState.SUSPENDED, "province.suspended", by=by)


def resume_province(slug: str, *, by: Any = None) -> Province:
    find_province(slug)
    with in_public(), transaction.atomic():
        province = _move(slug, ProvinceState.OPEN, "province.resumed", by=by)
        for resumed in registry.functions("provinces", "resumed"):
            resumed(province)
    return province


def close_province(slug: str, *, by: Any = None) -> Province:
    """Export a suspended province and take it off the nation's lists, for good. Its tables stay and are not sold from.

    Refused while an app above gives a reason (`tenants.registry`), for instance running leases. What is committed
    before is in the export; nothing of the province can be sold meanwhile.
    """
    _refuse_nation(find_province(slug))
    exported: dumps.Kept | None = None
    try:
        with in_public(), transaction.atomic():
            province = lock_province(slug)
            require(
                province.state == ProvinceState.SUSPENDED,
                _("%(name)s is “%(state)s” now. Suspend its sales first, then close it. Nothing was changed.")
                % _named(province),
                "wrong_state",
            )
            exported = _export(province)
            return _close(province, exported, by=by)
    except BaseException:
        if exported is not None:
            exported.remove()
        raise


def _export(province: Province) -> dumps.Kept:
    with in_province(province):
        reasons = [
            sentence
            for reasons in registry.functions("provinces", "reasons_against_closing")
            for sentence in reasons(province)
        ]
    require(
        not reasons,
        _("%(name)s cannot be closed. %(reasons)s Nothing was changed.")
        % {"name": province.name, "reasons": gap().join(reasons)},
        "still_in_use",
    )
    return _written(province, None, dumps.EXPORTS, _("Nothing was changed."))


def _close(province: Province, exported: dumps.Kept, *, by: Any) -> Province:
    with in_province(province):
        for withdraw in registry.functions("provinces", "withdraw"):
            withdraw(province)
    province.move_to(ProvinceState.CLOSED, closed_at=timezone.now())
    _record("province.closed", province, by=by, **_facts(exported))
    transaction.on_commit(hosts.forget)
    return province


def backup_province(slug: str, *, into: Path | None = None, by: Any = None) -> dumps.Kept:
    """Write the province's tables, as they are committed now, to a file; sales go on. Returns path, size and digest.

    Its private files lie in an archive beside it.

    Raises `Refusal` if the province has no tables, or the file cannot be written.
    """
    province = find_province(slug)
    require(
        province.state != ProvinceState.PLANNED,
        _("%(name)s is “%(state)s” and has no tables yet. Nothing was backed up.") % _named(province),
        "not_open",
    )
    kept = _written(province, into, dumps.BACKUPS, _("Nothing was backed up."))
    with in_public(), transaction.atomic():
        province = lock_province(slug)
        province.backed_up_at = timezone.now()
        province.save(update_fields=["backed_up_at"])
        _record("province.backed_up", province, by=by, **_facts(kept))
    return kept


def list_networks(slug: str, texts: Iterable[str], *, by: Any) -> Province:
    """Replace the networks, besides the public internet, where workspaces of the province may answer.

    Raises `Refusal` for a text that names no network, or one that is never listed.
    """
    networks = sorted({read_listed_network(text) for text in texts})
    with in_public(), transaction.atomic():
        province = lock_province(slug)
        if province.workspace_networks != networks:
            province.workspace_networks = networks
            province.save(update_fields=["workspace_networks"])
            _record("province.networks_listed", province, by=by, workspace_networks=networks)
    return province


def read_listed_network(text: str) -> str:
    """The network as it is stored. Raises `Refusal`."""
    try:
        return str(read_network(text))
    except BadAddress:
        raise Refusal(
            _(
                "“%(text)s” cannot be listed: write a network such as 10.20.0.0/16, at most as wide as /8, and none "
                "of loopback, link-local or multicast addresses. Nothing was changed."
            )
            % {"text": text[:60]},
            "bad_network",
        ) from None


def note_migrations(results: Iterable[Result]) -> None:
    """Keep, for the national administration, which schemas could not be migrated and why; forget it of the others."""
    failures = {one.schema: one.failure for one in results}
    with in_public():
        done = [schema for schema, failure in failures.items() if not failure]
        Province.objects.filter(schema_name__in=done).exclude(migration_failure="").update(migration_failure="")
        for schema, failure in failures.items():
            if failure:
                Province.objects.filter(schema_name=schema).update(migration_failure=failure)


def lock_province(slug: str) -> Province:
    """The province's row, locked until the caller's transaction ends."""
    return Province.objects.select_for_update().get(schema_name=slug)


def _written(province: Province, into: Path | None, own: str, unchanged: str) -> dumps.Kept:
    """Dump to the given folder, made if it is not there, else to the data folder's own one of that name."""
    try:
        if into is not None:
            into.mkdir(mode=0o700, parents=True, exist_ok=True)
        return dumps.write(province.slug, into or dumps.folder(own))
    except (NoDump, OSError) as reason:
        raise Refusal(f"{str(reason).rstrip('.')}. {unchanged}", "no_dump") from None


def _facts(kept: dumps.Kept) -> dict[str, Any]:
    facts = {"file": kept.path.name, "bytes": kept.bytes, "sha256": kept.sha256}
    return facts | ({"files": kept.files.name} if kept.files else {})


def _named(province: Province) -> dict[str, str]:
    return {"name": province.name, "state": province.get_state_display()}


def _refuse_nation(province: Province) -> None:
    require(
        province.kind == ProvinceKind.PROVINCE,
        _("The nation's own sub-platform records what happens to the others; it stays open. Nothing was changed."),
        "nation",
    )


def _move(slug: str, state: ProvinceState, act: str, *, by: Any, **facts: Any) -> Province:
    with in_public(), transaction.atomic():
        province = lock_province(slug)
        require(
            province.moves.allows(province.state, state),
            _("%(name)s is “%(state)s” now. Nothing was changed.") % _named(province),
            "wrong_state",
        )
        province.move_to(state, **facts)
        _record(act, province, by=by)
        transaction.on_commit(hosts.forget)
    return province


def _record(act: str, province: Province, *, by: Any, **facts: Any) -> None:
    with in_province(NATION):
        history.record(act, province, by=by, **facts)
