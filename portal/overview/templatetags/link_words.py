"""What a look into a province found, in words."""

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from marketplace.activation.agents.reporting.refusals import REASONS
from portal.overview.models import LinkCheck
from portal.web.wording import missing, thousands

register = template.Library()


@register.filter
def reasons(counts: Mapping[str, int]) -> str:
    """Refused rows by reason, most first: `more cards than registered 12, unknown pool 3`."""
    most_first = sorted(counts.items(), key=lambda pair: -pair[1])
    separator = pgettext("list", ", ")
    return separator.join(f"{REASONS.get(code, code)} {thousands(rows)}" for code, rows in most_first)


@register.filter
def reason(code: str) -> str:
    return str(REASONS.get(code, code))


@register.filter
def tables(check: LinkCheck | None) -> str:
    """The schema's version against the code."""
    if check is None:
        return missing()
    if check.fault:
        return _("could not be examined")
    if not check.behind:
        return pgettext("tables", "up to date")
    return ngettext("%(behind)s migration behind", "%(behind)s migrations behind", check.behind) % {
        "behind": check.behind
    }
