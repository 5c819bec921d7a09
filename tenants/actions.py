"""Opening, suspending and reopening a province."""

from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import history, hosts
from tenants.acts import Refusal, require
from tenants.context import NATION, in_province, in_public
from tenants.models import Province, ProvinceState


def find_province(slug: str) -> Province:
    """Raises `Refusal` if no division has this slug."""
    with in_public():
        province = Province.objects.filter(schema_name=slug).first()
    if province is None:
        raise Refusal(_("No province is called “%(slug)s”. Nothing was opened.") % {"slug": slug}, "unknown_province")
    return province


def open_province(slug: str, *, by: Any = None) -> Province:
    """Make the province's schema by migration and put it on the map; answers on its host without a restart.

    A schema that an interrupted opening left behind is completed. Raises `Refusal` if it is open already.
    """
    province = find_province(slug)
    require(
        province.state == ProvinceState.PLANNED,
        _("%(name)s is open already. Nothing was changed.") % {"name": province.name},
        "already_open",
    )
    if slug != NATION:
        require(
            Province.objects.open().filter(schema_name=NATION).exists(),
            _("Open the nation first: its history records every opening. Nothing was opened."),
            "nation_first",
        )
    _make_schema(slug)
    return _move(slug, ProvinceState.OPEN, "province.opened", by=by, opened_at=timezone.now())


def suspend_province(slug: str, *, by: Any = None) -> Province:
    """Stop sales in the province; leases keep running."""
    return _move(slug, ProvinceState.SUSPENDED, "province.suspended", by=by)


def resume_province(slug: str, *, by: Any = None) -> Province:
    return _move(slug, ProvinceState.OPEN, "province.resumed", by=by)


def _make_schema(slug: str) -> None:
    with in_public(), connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{slug}"')
    call_command("migrate_schemas", schema_name=slug, verbosity=0, interactive=False)


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
