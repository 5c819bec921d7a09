"""How money, numbers and times are written. Missing is 无数据, minus is −."""

from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, pgettext

MICRO = 1_000_000
YUAN = ("¥", "元")
"""What stands beside an amount of yuan."""
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


def is_english() -> bool:
    return (get_language() or "").startswith("en")


def gap() -> str:
    """What stands between two sentences: a space, and in Chinese nothing."""
    return "" if (get_language() or "").startswith("zh") else " "


def missing() -> str:
    return gettext("no data")


def money(amount_u: int | str | None) -> str:
    """Micro-yuan as `¥12,345.60`: two decimals, half a fen rounds away from zero."""
    if amount_u is None or amount_u == "":
        return missing()
    yuan = (Decimal(amount_u) / MICRO).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{'−' if yuan < 0 else ''}¥{abs(yuan):,.2f}"


def money_exact(amount_u: int | str | None) -> str:
    """Micro-yuan with as many decimals as it has, two at least: for postings and meters."""
    if amount_u is None or amount_u == "":
        return missing()
    whole, rest = divmod(abs(int(amount_u)), MICRO)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'−' if int(amount_u) < 0 else ''}¥{whole:,}.{decimals}"


def unit_price(price_u: int | None, unit: str = "") -> str:
    """`¥2.18 / 卡时`; the unit is a card-hour unless named. Prices below a fen show the decimals they have."""
    if price_u is None:
        return missing()
    unit = unit or pgettext("unit", "card-hour")
    return f"{money_exact(price_u)} / {unit}"


def thousands(number: Any) -> str:
    if number is None or number == "":
        return missing()
    return f"{Decimal(str(number)):,f}".replace("-", "−")


def beijing(moment: datetime | None, form: str = "") -> SafeString | str:
    """A `<time>` element in Beijing time. Words of `form`: seconds, clock, date, zone."""
    if moment is None:
        return missing()
    words = form.split()
    local = moment.astimezone(BEIJING)
    text = local.strftime(_pattern(words))
    if "zone" in words:
        zone = gettext("Beijing time (UTC+8)")
        text = f"{text} {zone}"
    stamp = local.date().isoformat() if words == ["date"] else local.isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}</time>', stamp, text)


def _pattern(words: list[str]) -> str:
    if "date" in words:
        return "%Y-%m-%d"
    if "clock" in words:
        return "%H:%M:%S"
    return "%Y-%m-%d %H:%M:%S" if "seconds" in words else "%Y-%m-%d %H:%M"


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """Age of a reading below one hour, in words; empty from one hour on, where only the time itself is told."""
    if moment is None:
        return ""
    age = max(0, int(((now or clock.now()) - moment).total_seconds()))
    if age >= 3600:
        return ""
    if age < 60:
        return ngettext("%(age)s second ago", "%(age)s seconds ago", age) % {"age": age}
    minutes = age // 60
    return ngettext("%(age)s minute ago", "%(age)s minutes ago", minutes) % {"age": minutes}


def waited(since: datetime | None, now: datetime | None = None) -> str:
    """How long something has waited, in its two largest units: 7 分 43 秒, 3 小时 20 分, 2 天 4 小时."""
    if since is None:
        return ""
    seconds = max(0, int(((now or clock.now()) - since).total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return gettext("%(days)s d %(hours)s h") % {"days": days, "hours": hours % 24}
    if hours:
        return gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes % 60}
    return gettext("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds % 60}


def named(thing: Any, fact: str = "name") -> str:
    """`fact_en` in English where there is one, otherwise `fact_zh`, of an object or a mapping."""
    chinese, english = _fact(thing, f"{fact}_zh"), _fact(thing, f"{fact}_en")
    return str((english or chinese) if is_english() else (chinese or english) or "")


def _fact(thing: Any, name: str) -> Any:
    return thing.get(name, "") if isinstance(thing, dict) else getattr(thing, name, "")
