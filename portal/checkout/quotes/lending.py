"""Why hours do not fit the windows of a pool: as the reason in a quote, and as the refusal of a purchase."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.orders.windows.terms import Cause, Limit, turnaround
from portal.ranking.reasons import Reason
from tenants.acts import Refusal

ENDS = {
    Cause.MAINTENANCE: gettext_lazy(
        "Maintenance begins %(until)s Beijing time; %(hours)s h and %(minutes)s min for set-up and clearing end later."
    ),
    Cause.LENDING: gettext_lazy(
        "Lent only until %(until)s Beijing time; %(hours)s h and %(minutes)s min for set-up and clearing end later."
    ),
}
CLOSED = {
    Cause.MAINTENANCE: gettext_lazy("Under maintenance until %(again)s Beijing time."),
    Cause.LENDING: gettext_lazy("Not lent at this time; lent again from %(again)s Beijing time."),
}
NOT_LENT = gettext_lazy("Not lent at this time.")


def objection(limit: Limit | None, hours: int, now: datetime) -> Reason | None:
    """None if so many hours from now fit, as far as windows go. Times are Beijing's."""
    if limit is None or limit.fits(hours, now):
        return None
    if limit.is_open(now):
        return Reason(ENDS[limit.cause], {"until": _at(limit.until), "hours": hours, "minutes": _minutes()})
    return Reason(CLOSED[limit.cause], {"again": _at(limit.again)}) if limit.again else Reason(NOT_LENT)


def refusal(site: str, reason: Reason, limit: Limit, now: datetime) -> Refusal:
    """Nothing was bought: the windows of a pool at this site do not hold the hours."""
    near: list[dict[str, Any]] = [{"kind": "new_quote"}]
    if most := limit.most_hours(now):
        near.append({"kind": "fewer_hours", "hours": most})
    sentence = _("Nothing was bought and nothing was charged. %(site)s: %(reason)s") % {"site": site, "reason": reason}
    return Refusal(sentence, "outside_window", alternatives=near)


def _at(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _minutes() -> int:
    return int(turnaround().total_seconds() // 60)
