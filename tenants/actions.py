"""Opening, suspending and reopening a province."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import history, hosts, schemas
from tenants.acts import Refusal, require
from tenants.context import NATION, in_province, in_public
from tenants.migrating import Result
from tenants.models import Province, ProvinceState


def find_province(slug: str) -> Province:
    """Raises `Refusal` if no division has this slug."""
    with in_public():
        province = Province.objects.filter(schema_name=slug).first()
    if province is None:
        raise Refusal(_("No province is called “%(slug)s”. Nothing was opened.") % {"slug": slug}, "unknown_province")
    return province


def open_province(slug: str, *, by: Any = None) -> Province:
    """Make the province's schema and put it on the map; it answers on its host without a restart.

    One transaction: an opening that fails leaves nothing. Raises `Refusal` if it is open already or cannot be made.
    """
    province = find_province(slug)
    require(
        province.state == ProvinceState.PLANNED,
        _("%(name)s is open already. Nothing was changed.") % {"name": province.name},
        "already_open",
    )
    require(
        slug == NATION or Province.objects.open().filter(schema_name=NATION).exists(),
        _("Open the nation first: its history records every opening. Nothing was opened."),
        "nation_first",
    )
    try:
        ddl = schemas.template_ddl()
    except schemas.NoDump as reason:
        raise Refusal(_("%(reason)s Nothing was opened.") % {"reason": reason}, "no_dump") from None
    with transaction.atomic():
        schemas.replay(ddl, slug)
        return _move(slug, ProvinceState.OPEN, "province.opened", by=by, opened_at=timezone.now())


def suspend_province(slug: str, *, by: Any = None) -> Province:
    """Stop sales in the province; leases keep running."""
    return _move(slug, ProvinceState.SUSPENDED, "province.suspended", by=by)


def resume_province(slug: str, *, by: Any = None) -> Province:
    return _move(slug, ProvinceState.OPEN, "province.resumed", by=by)


def note_migrations(results: Iterable[Result]) -> None:
    """Keep, for the national administration, which schemas could not be migrated and why; forget it of the others."""
    failures = {one.schema: one.failure for one in results}
    with in_public():
        done = [schema for schema, failure in failures.items() if not failure]
        Province.objects.filter(schema_name__in=done).exclude(migration_failure="").update(migration_failure="")
        for schema, failure in failures.items():
            if failure:
                Province.objects.filter(schema_name=schema).update(migration_failure=failure)


def _move(slug: str, state: ProvinceState, act: str, *, by: Any, **facts: Any) -> Province:
    with in_public(), transaction.atomic():
        province = Province.objects.select_for_update().get(schema_name=slug)
        require(
            province.moves.allows(province.state, state),
            _("%(name)s is “%(state)s” now. Nothing was changed.")
            % {"name": province.name, "state": province.get_state_display()},
            "wrong_state",
        )
        province.move_to(state, **facts)
        with in_province(NATION):
            history.record(act, province, by=by)
        transaction.on_commit(hosts.forget)
    return province
