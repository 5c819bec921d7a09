"""Published figures of the public national platform: what the press reported, with source and day.

They describe that platform, not this site, and are never added to figures of our own.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.web.wording import is_english, named, thousands

FILE = Path(__file__).parent / "data" / "national_indicators.csv"
HEADLINE = ("intelligent-computing-eflops", "trunk-400g-ports", "storage-total-eb", "cup-entries-total")
PLATFORM = (
    "enterprise-users",
    "providers",
    "products",
    "models-connected",
    "discrete-cards",
    "developers-served",
    "monitoring-records",
)


@dataclass(frozen=True)
class Indicator:
    slug: str
    name_zh: str
    name_en: str
    value: str
    qualifier: str
    unit_name: str
    precision: str
    scope: str
    as_of: str
    """ISO date, or only year and month."""
    basis: str
    source: str

    @property
    def name(self) -> str:
        return named(self)

    @property
    def figure(self) -> str:
        if self.qualifier == "order":
            return _("billions")
        return thousands(self.value)

    @property
    def before(self) -> str:
        """Word before the figure: it may be a lower bound or a round number."""
        return {"gt": pgettext("figure", "over"), "approx": pgettext("figure", "about")}.get(self.qualifier, "")

    @property
    def unit(self) -> str:
        """`EFLOPS` and `EB` as they are; counted things have a measure word in Chinese and none in English."""
        if self.unit_name in {"EFLOPS", "EB"}:
            return self.unit_name
        return "" if is_english() else MEASURE_WORDS.get(self.unit_name, "")

    @property
    def stamp(self) -> str:
        """Precision, whom it counts, and the day."""
        parts = [
            _("FP16, half precision") if self.precision == "FP16" else "",
            _("whole nation") if self.scope == "nation" else "",
            self.as_of,
        ]
        return "·".join(filter(None, parts))

    @property
    def address(self) -> str:
        """Web address of the source, where it has one."""
        return self.source if self.source.startswith(("http://", "https://")) else ""

    @property
    def origin(self) -> str:
        """Where the figure stands, in words."""
        if self.address:
            return self.address.split("/")[2].removeprefix("www.")
        return _("press text of 2025-08-23, no address")


MEASURE_WORDS = {
    "ports": "个",
    "projects": "个",
    "organisations": "家",
    "providers": "家",
    "products": "个",
    "models": "个",
    "cards": "张",
    "developers": "人",
    "records": "条",
}


@cache
def headline() -> tuple[Indicator, ...]:
    """The nation's infrastructure and the competition."""
    return tuple(_read()[slug] for slug in HEADLINE)


@cache
def platform() -> tuple[Indicator, ...]:
    """The public platform's own running."""
    return tuple(_read()[slug] for slug in PLATFORM)


@cache
def _read() -> dict[str, Indicator]:
    """Cited figures by slug; a figure without source and day has no place on a page."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["basis"] == "cited" and row["source"] and row["as_of"]]
    return {
        row["slug"]: Indicator(
            slug=row["slug"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            value=row["value"],
            qualifier=row["qualifier"],
            unit_name=row["unit"],
            precision=row["precision"],
            scope=row["scope"],
            as_of=row["as_of"],
            basis=row["basis"],
            source=row["source"],
        )
        for row in rows
    }
