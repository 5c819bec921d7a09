"""Alarms over links that nobody follows yet."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.overview.models import Alarm
from portal.staff import desk
from tenants.models import Province


def unfollowed(user: User) -> desk.Waiting:
    names = {one.slug: one.name for one in Province.objects.provinces()}
    return desk.listed(_items(names))


def _items(names: dict[str, str]) -> Iterator[desk.Item]:
    for alarm in Alarm.objects.open().of_links().filter(acknowledged_at=None):
        name = names.get(alarm.province, alarm.province)
        yield desk.Item(name, alarm.get_kind_display(), alarm.opened_at, desk.address("overview:staff_links"))


QUEUES = [
    desk.Queue(
        name="links",
        label=_("Alarms over links that nobody follows"),
        verb="acknowledge",
        thing="overview.alarm",
        otherwise=_("Stock behind a broken link is not sold; the alarm closes by itself when the link returns."),
        act=_("To the alarms"),
        url=lambda: desk.address("overview:staff_links"),
        find=unfollowed,
        national=True,
        tone="bad",
    ),
]
