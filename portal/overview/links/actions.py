"""Alarms over links: raised and closed by what the looks into the provinces find, acknowledged by staff.

An alarm is raised once its cause has lasted `ALARM_AFTER`, and closed once the cause has been gone as long: a link
that comes and goes within that time raises none and closes none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.overview.models import Alarm, AlarmKind, LinkCheck
from tenants import history
from tenants.acts import require

Key = tuple[str, str]


@dataclass(frozen=True)
class Trouble:
    """What is wrong in a province at this look."""

    kind: AlarmKind
    subject: str = ""
    name: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    latest_at: datetime | None = None
    """When it last happened, for what happens again and again; None for what goes on."""

    @property
    def key(self) -> Key:
        return (self.kind, self.subject)

    @property
    def word(self) -> str:
        return f"{self.kind} {self.subject}".rstrip()


def follow(check: LinkCheck, troubles: Iterable[Trouble], now: datetime) -> list[Alarm]:
    """Raise, keep and close the province's alarms after a look; the alarms raised now. The check's row is locked.

    Sets `check.watching`; the caller saves it.
    """
    wrong = {trouble.key: trouble for trouble in troubles}
    known = {alarm.key: alarm for alarm in Alarm.objects.open().filter(province=check.province)}
    unseen = {key for key in known if check.fault and key[0] == AlarmKind.AGENT}  # nobody could look at the agents
    lasting = wrong.keys() | unseen
    Alarm.objects.filter(pk__in=[known[key].pk for key in known.keys() & lasting]).update(last_seen_at=now)
    for key, alarm in known.items():
        if key not in lasting and now - alarm.last_seen_at >= settings.ALARM_AFTER:
            close_alarm(alarm, now)
    raised, watching = [], {}
    for trouble in (one for key, one in wrong.items() if key not in known):
        since = datetime.fromisoformat(check.watching.get(trouble.word, now.isoformat()))
        if _lasts(trouble, since, now):
            raised.append(raise_alarm(check.province, trouble, since, now))
        else:
            watching[trouble.word] = since.isoformat()
    check.watching = watching
    return raised


def _lasts(trouble: Trouble, since: datetime, now: datetime) -> bool:
    again = trouble.latest_at is None or trouble.latest_at > since
    return again and now - since >= settings.ALARM_AFTER


@transaction.atomic
def raise_alarm(province: str, trouble: Trouble, since: datetime, now: datetime) -> Alarm:
    alarm = Alarm.objects.create(
        province=province,
        kind=trouble.kind,
        subject=trouble.subject,
        name=trouble.name[:120],
        facts=trouble.facts,
        seen_at=since,
        opened_at=now,
        last_seen_at=now,
    )
    history.record("link.alarm_raised", alarm, **alarm.as_facts(), **trouble.facts)
    return alarm


@transaction.atomic
def close_alarm(alarm: Alarm, now: datetime) -> None:
    """Its cause is gone; nobody closes an alarm by hand."""
    alarm.closed_at = now
    alarm.save(update_fields=["closed_at"])
    history.record("link.alarm_closed", alarm, **alarm.as_facts())


@transaction.atomic
def acknowledge_alarm(alarm: Alarm, *, by: User, note: str = "") -> Alarm:
    """Say who follows it; it closes when its cause is gone. Raises `Refusal` if it is closed or in other hands."""
    alarm = Alarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
    require(alarm.closed_at is None, _("This alarm is closed: its cause is gone. Nothing was changed."), "closed")
    require(
        alarm.acknowledged_at is None,
        _("Somebody has acknowledged this alarm already. Nothing was changed."),
        "acknowledged",
    )
    alarm.acknowledged_at, alarm.acknowledged_by, alarm.note = timezone.now(), by, note[:200]
    alarm.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    history.record("link.alarm_acknowledged", alarm, by=by, **alarm.as_facts())
    return alarm
