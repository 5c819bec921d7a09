"""The page of links: every province's link with what it means, filters, and the alarms over them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property

from portal.directory.browse import shelf
from portal.overview.home.national import ProvinceRow, province_rows
from portal.overview.links.state import TONES, Link, LinkState
from portal.overview.models import Alarm
from tenants.models import Province

CLOSED_SHOWN_FOR = timedelta(days=7)
CLOSED_SHOWN = 20


@dataclass(frozen=True)
class Choice:
    """One state that can be chosen, with what it means for buyers."""

    state: LinkState
    word: str
    meaning: str
    count: int
    chosen: bool

    @property
    def tone(self) -> str:
        return TONES[self.state]


@dataclass(frozen=True)
class AlarmRow:
    alarm: Alarm
    province: Province


class LinkPage:
    """One answer to one question; three queries beside those of the shelf."""

    def __init__(self, query: QueryDict) -> None:
        self.now = timezone.now()
        self.text = query.get("q", "").strip()[:60].replace("\0", "")
        self.states = {one for one in query.getlist("state") if one in LinkState.values}
        self.all = sorted(province_rows(shelf.current().stock.values(), self.now), key=_by_code)
        self.rows = [row for row in self.all if self._fits(row)]

    def _fits(self, row: ProvinceRow) -> bool:
        one, text = row.province, self.text.lower()
        named = any(text in name.lower() for name in (one.name_zh, one.name_en, one.slug, one.region_zh, one.region_en))
        return named and (not self.states or row.link.state in self.states)

    @property
    def meanings(self) -> list[Choice]:
        """Every state there is."""
        counts = Counter(row.link.state for row in self.all)
        words = [Link(state, None, self.now) for state in LinkState]
        return [
            Choice(one.state, one.plain_word, one.meaning, counts[one.state], one.state in self.states) for one in words
        ]

    @property
    def choices(self) -> list[Choice]:
        """States some province is in, or that are chosen."""
        return [one for one in self.meanings if one.count or one.chosen]

    @property
    def checked_at(self) -> datetime | None:
        """When the last look into the provinces ended."""
        return max((row.link.check.checked_at for row in self.all if row.link.check), default=None)

    @cached_property
    def alarms(self) -> list[AlarmRow]:
        """Open ones first, then those closed within a week."""
        known = {row.province.slug: row.province for row in self.all}
        links = Alarm.objects.of_links()
        found = [*links.open(), *links.closed_since(self.now - CLOSED_SHOWN_FOR)[:CLOSED_SHOWN]]
        return [AlarmRow(alarm, known[alarm.province]) for alarm in found if alarm.province in known]


def _by_code(row: ProvinceRow) -> tuple[bool, str]:
    return (not row.has_page, row.province.gb2260 or "")
