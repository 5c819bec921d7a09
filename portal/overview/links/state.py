"""Link state of a province: computed from what reached the nation, never set by hand.

Silence and an old schema weigh more than a fresh report: a province whose tables are behind the code does not count
as connected, whatever its agents say. The age of the reports is reckoned at every page; what needs a look into the
province (its agents, refused rows) is from the last `LinkCheck`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.overview.models import LinkCheck
from tenants.context import for_each_province
from tenants.models import Province, ProvinceState
from tenants.remembered import Remembered


class LinkState(TextChoices):
    UP = "up"
    LATE = "late"
    SILENT = "silent"
    BEHIND = "behind"
    REFUSED = "refused"
    PARTIAL = "partial"
    EMPTY = "empty"
    SUSPENDED = "suspended"
    PLANNED = "planned"
    CLOSED = "closed"


TONES = {
    LinkState.UP: "ok",
    LinkState.LATE: "wait",
    LinkState.SILENT: "bad",
    LinkState.BEHIND: "run",
    LinkState.REFUSED: "short",
    LinkState.PARTIAL: "warn",
    LinkState.EMPTY: "plan",
    LinkState.SUSPENDED: "off",
    LinkState.PLANNED: "plan",
    LinkState.CLOSED: "off",
}


@dataclass(frozen=True)
class Link:
    state: LinkState
    reported_at: datetime | None
    """Latest report of any agent of the province."""
    now: datetime
    check: LinkCheck | None = None
    """The last look into the province; None before the first."""

    @property
    def age(self) -> timedelta | None:
        """How old the latest report is."""
        return None if self.reported_at is None else max(timedelta(0), self.now - self.reported_at)

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def word(self) -> str:
        """The state in a word or two; lateness in minutes."""
        if self.state == LinkState.LATE and self.reported_at is not None:
            minutes = max(1, int((self.now - self.reported_at).total_seconds() // 60))
            return ngettext("%(minutes)s min late", "%(minutes)s min late", minutes) % {"minutes": minutes}
        return self.plain_word

    @property
    def plain_word(self) -> str:
        return {
            LinkState.UP: pgettext("link", "up"),
            LinkState.LATE: pgettext("link", "late"),
            LinkState.SILENT: pgettext("link", "no report"),
            LinkState.BEHIND: pgettext("link", "being updated"),
            LinkState.REFUSED: pgettext("link", "reports refused"),
            LinkState.PARTIAL: pgettext("link", "some agents silent"),
            LinkState.EMPTY: pgettext("link", "no agent yet"),
            LinkState.SUSPENDED: pgettext("link", "sales suspended"),
            LinkState.PLANNED: pgettext("link", "planned"),
            LinkState.CLOSED: pgettext("link", "closed"),
        }[self.state]

    @property
    def meaning(self) -> str:
        """One sentence, for the province's page."""
        return {
            LinkState.UP: _("Connected: its agents report."),
            LinkState.LATE: _("Connected, but the latest report is older than 60 s: its stock is not sold meanwhile."),
            LinkState.SILENT: _("No agent has reported within the last hour: its stock is not sold meanwhile."),
            LinkState.BEHIND: _("Its tables are being brought to the portal's version."),
            LinkState.REFUSED: _("Some reports contradict the register and are refused: those pools are not sold."),
            LinkState.PARTIAL: _("Some agents are silent: their pools are not sold, the others are."),
            LinkState.EMPTY: _("Open, but no provider's agent reports yet: nothing is sold at once."),
            LinkState.SUSPENDED: _("Sales are suspended; running leases go on."),
            LinkState.PLANNED: _("Not connected yet."),
            LinkState.CLOSED: _("Closed: nothing is sold here any more."),
        }[self.state]


def link_of(
    province: Province, reported_at: datetime | None, *, now: datetime | None = None, check: LinkCheck | None = None
) -> Link:
    """Judge one province by its state, its schema, the latest report of its agents and the last look into it."""
    now = now or timezone.now()
    return Link(_state(province, reported_at, now, check), reported_at, now, check)


def _state(province: Province, reported_at: datetime | None, now: datetime, check: LinkCheck | None) -> LinkState:
    if province.state == ProvinceState.CLOSED:
        return LinkState.CLOSED
    if province.state == ProvinceState.SUSPENDED:
        return LinkState.SUSPENDED
    if province.state != ProvinceState.OPEN:
        return LinkState.PLANNED
    if province.slug in provinces_behind():
        return LinkState.BEHIND
    if reported_at is None and check is not None and check.agents == 0:
        return LinkState.EMPTY
    if reported_at is None or now - reported_at > settings.LINK_SILENT_AFTER:
        return LinkState.SILENT
    if now - reported_at > settings.STOCK_FRESH_FOR:
        return LinkState.LATE
    if check is None:
        return LinkState.UP
    if check.refuses:
        return LinkState.REFUSED
    return LinkState.PARTIAL if check.silent else LinkState.UP


def _behind(_replaced: frozenset[str] | None) -> frozenset[str]:
    """Provinces whose schema lacks a migration of the code."""
    outcomes = for_each_province(lambda _province: bool(missing_migrations()))
    return frozenset(one.province.slug for one in outcomes if one.error is not None or one.value)


schemas = Remembered(_behind, seconds=60.0)
provinces_behind = schemas.get
forget = schemas.forget


@cache
def migrations_in_code() -> frozenset[tuple[str, str]]:
    """Migrations of the apps that live in provinces, by app label and name."""
    on_disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    labels = {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
    return frozenset(name for name in on_disk if name[0] in labels)


def missing_migrations() -> frozenset[tuple[str, str]]:
    """Migrations of the code that the schema the connection is in lacks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return migrations_in_code() - frozenset(cursor.fetchall())
