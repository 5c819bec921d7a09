"""The round over all provinces' links: look, note, raise and close alarms, tell those they concern. Run by a task."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from portal.accounts.models import Organisation
from portal.accounts.notices import tell, tell_owners
from portal.accounts.permissions import staff_with
from portal.directory.models import Availability
from portal.overview.links import actions
from portal.overview.links.actions import Trouble
from portal.overview.links.sightings import Sighting, SilentAgent, look
from portal.overview.links.state import Link, LinkState, link_of
from portal.overview.models import Alarm, AlarmKind, LinkCheck
from tenants.context import NATION, Outcome, for_each_province, in_public
from tenants.models import Province, ProvinceKind

ALARM = "overview.alarm"
NAMED = 3
"""Provinces or agents that the subject of an e-mail names; more are counted."""


def check_links() -> list[Alarm]:
    """Look at every province's link; the alarms raised now."""
    outcomes = [one for one in for_each_province(_look) if one.province.kind == ProvinceKind.PROVINCE]
    with in_public(), transaction.atomic():
        return _follow(outcomes)


def _look(province: Province) -> Sighting | None:
    with transaction.atomic():  # a failing look must leave the connection usable
        return look(province) if province.kind == ProvinceKind.PROVINCE else None


def _follow(outcomes: list[Outcome[Sighting | None]]) -> list[Alarm]:
    reports = dict(Availability.objects.order_by().values_list("province").annotate(Max("measured_at")))
    raised: list[Alarm] = []
    for outcome in outcomes:
        raised += _follow_province(outcome, reports.get(outcome.province.slug))
    _forget({outcome.province.slug for outcome in outcomes})
    provinces = {outcome.province.slug: outcome.province for outcome in outcomes}
    silent = {key: agent for outcome in outcomes if outcome.value for key, agent in outcome.value.silent.items()}
    _tell_providers([alarm for alarm in raised if alarm.kind == AlarmKind.AGENT], silent, provinces)
    _tell(raised, provinces)
    return raised


def _follow_province(outcome: Outcome[Sighting | None], reported_at: datetime | None) -> list[Alarm]:
    province, sighting = outcome.province, outcome.value
    now = sighting.now if sighting else timezone.now()
    LinkCheck.objects.get_or_create(province=province.slug, defaults={"checked_at": now})
    check = LinkCheck.objects.select_for_update().get(province=province.slug)
    for name, value in (sighting.facts if sighting else {"fault": str(outcome.error)[:200]}).items():
        setattr(check, name, value)
    link = link_of(province, reported_at, now=now, check=check)
    raised = actions.follow(check, _troubles(link, check, sighting), now)
    check.save()
    return raised


def _troubles(link: Link, check: LinkCheck, sighting: Sighting | None) -> Iterator[Trouble]:
    age = int(link.age.total_seconds()) if link.age else None
    if link.state in (LinkState.LATE, LinkState.SILENT) and check.agents:
        yield Trouble(AlarmKind.LATE, facts={"age_seconds": age})
        if link.state == LinkState.SILENT:
            yield Trouble(AlarmKind.SILENT, facts={"age_seconds": age})
    if link.state == LinkState.BEHIND:
        yield Trouble(AlarmKind.BEHIND, facts={"migrations": check.behind, "fault": check.fault})
    if check.refuses and link.state != LinkState.SUSPENDED:
        facts = {"rows": check.refused_rows, "reasons": check.refused_reasons}
        yield Trouble(AlarmKind.REFUSED, facts=facts, latest_at=check.refused_at)
    for key, agent in sorted(sighting.silent.items()) if sighting else ():
        yield Trouble(AlarmKind.AGENT, subject=key, name=agent.name)


def _forget(provinces: set[str]) -> None:
    """A province that is closed has no link."""
    LinkCheck.objects.exclude(province__in=provinces).delete()
    now = timezone.now()
    for alarm in Alarm.objects.open().exclude(province__in=provinces):
        actions.close_alarm(alarm, now)


# Telling ---------------------------------------------------------------------------------------


def _tell_providers(raised: list[Alarm], silent: dict[str, SilentAgent], provinces: dict[str, Province]) -> None:
    """The owners of each provider, before staff: one e-mail for its agents in one province."""
    by_provider: dict[tuple[str, uuid.UUID], list[str]] = defaultdict(list)
    for alarm in raised:
        by_provider[alarm.province, silent[alarm.subject].organisation].append(alarm.name)
    organisations = Organisation.objects.in_bulk({organisation for _province, organisation in by_provider})
    for (slug, organisation), names in by_provider.items():
        tell_owners(
            organisations[organisation],
            "agents_stopped",
            place_zh=provinces[slug].name_zh,
            place_en=provinces[slug].name_en,
            agents=names,
            province_url=provinces[slug].url,
        )


def _tell(raised: list[Alarm], provinces: dict[str, Province]) -> None:
    """One e-mail to each person for all alarms of this round: links to the nation, agents to their province."""
    if links := [alarm for alarm in raised if alarm.kind != AlarmKind.AGENT]:
        named = [provinces[alarm.province] for alarm in links]
        lines = [
            {"kind": alarm.kind, "name_zh": one.name_zh, "name_en": one.name_en, **alarm.facts}
            for alarm, one in zip(links, named, strict=True)
        ]
        tell(
            staff_with("acknowledge", ALARM, NATION),
            "link_alarms",
            links[0],
            name_zh=_names([one.name_zh for one in named]),
            name_en=_names([one.name_en for one in named]),
            lines=lines,
        )
    by_province: dict[str, list[Alarm]] = defaultdict(list)
    for alarm in raised:
        if alarm.kind == AlarmKind.AGENT:
            by_province[alarm.province].append(alarm)
    for slug, alarms in by_province.items():
        _tell_province(provinces[slug], alarms)


def _tell_province(province: Province, alarms: list[Alarm]) -> None:
    tell(
        staff_with("acknowledge", ALARM, province.slug),
        "agents_silent",
        alarms[0],
        name_zh=province.name_zh,
        name_en=province.name_en,
        agents=[alarm.name for alarm in alarms],
        address=province.url,
    )


def _names(names: list[str]) -> str:
    different = list(dict.fromkeys(names))
    more = f" +{len(different) - NAMED}" if len(different) > NAMED else ""
    return " · ".join(different[:NAMED]) + more
