"""How each province stands, for the administration: its link, and its tables against the code."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.directory.models import Availability
from portal.overview.links.state import Link, link_of
from portal.overview.models import LinkCheck
from tenants.models import Province, ProvinceState
from tenants.schemas import versions


@dataclass(frozen=True)
class Standing:
    link: Link
    version: str
    """Migrations of the code in its tables, in words; empty while it has none."""


def standings(provinces: Iterable[Province]) -> dict[int, Standing]:
    """By primary key. Four queries, however many provinces."""
    rows, now = list(provinces), timezone.now()
    reported = dict(Availability.objects.values_list("province").annotate(Max("measured_at")).order_by())
    checks = LinkCheck.objects.in_bulk()
    lacking = versions.lacking_in(one.slug for one in rows if one.state != ProvinceState.PLANNED)
    return {
        one.pk: Standing(
            link_of(one, reported.get(one.slug), now=now, check=checks.get(one.slug)),
            _version(one, lacking.get(one.slug)),
        )
        for one in rows
    }


def _version(province: Province, lacking: versions.Names | None) -> str:
    if lacking is None:
        return ""
    if not lacking:
        return _("current, %(count)s migrations") % {"count": len(versions.in_code())}
    if province.migration_failure:
        return _("failed at %(why)s") % {"why": province.migration_failure}
    behind = ngettext("behind: lacks %(count)s migration", "behind: lacks %(count)s migrations", len(lacking))
    return behind % {"count": len(lacking)}
