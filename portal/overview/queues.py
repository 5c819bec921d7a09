"""Alarms over links that nobody follows yet, and provinces whose closing waits for a second operator."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.overview.closing.models import ProvinceClosing
from portal.overview.models import Alarm
from portal.staff import desk
from tenants.models import Province, ProvinceState


def unfollowed(user: User) -> desk.Waiting:
    names = {one.slug: one.name for one in Province.objects.provinces()}
    return desk.listed(_items(names))


def _items(names: dict[str, str]) -> Iterator[desk.Item]:
    for alarm in Alarm.objects.open().of_links().filter(acknowledged_at=None):
        name = names.get(alarm.province, alarm.province)
        yield desk.Item(name, alarm.get_kind_display(), alarm.opened_at, desk.address("overview:staff_links"))


def closings(user: User) -> desk.Waiting:
    """Not those the person asked for: another operator must confirm them."""
    rows = ProvinceClosing.objects.asked().exclude(asked_by=user)
    provinces = {one.slug: one for one in Province.objects.provinces()}
    return desk.waiting(rows, "asked_at", lambda one: _closing(one, provinces[one.province]))


def _closing(one: ProvinceClosing, province: Province) -> desk.Item:
    return desk.Item(province.name, one.reason[:160], one.asked_at, desk.page_of(province))


QUEUES = [
    desk.Queue(
        name="closings",
        label=_("Provinces whose closing waits for a second operator"),
        verb="confirm",
        thing="tenants.province",
        otherwise=_("The province stays suspended."),
        act=_("Confirm or refuse"),
        url=lambda: desk.list_of(Province, f"state__exact={ProvinceState.SUSPENDED}"),
        find=closings,
        national=True,
    ),
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
