"""What of the agents' reports was refused: counted by hour and reason, with the latest sentence.

An agent that reports nonsense does so at every poll: a row for each refusal would grow without end, and the latest
report alone (`CapacityReport.refused`) forgets what the one before it said.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from marketplace.activation.fulfilment.endpoints import BAD_ENDPOINT
from marketplace.activation.models import Agent, RefusedRows

MALFORMED = "malformed"
"""Reason of a body that could not be read at all; it counts as one row."""
REASONS = {
    "too_many_cards": pgettext_lazy("refused", "more cards than registered"),
    "unknown_pool": pgettext_lazy("refused", "unknown pool"),
    "other_agents_pool": pgettext_lazy("refused", "another agent's pool"),
    "no_agent_chosen": pgettext_lazy("refused", "pool without a chosen agent"),
    "unknown_serial": pgettext_lazy("refused", "unknown serial"),
    BAD_ENDPOINT: pgettext_lazy("refused", "address of a workspace"),
    MALFORMED: pgettext_lazy("refused", "unreadable report"),
}
KEPT_FOR = timedelta(days=31)


def note(agent: Agent, refused: Iterable[Mapping[str, str]]) -> None:
    """Count refused rows, each a mapping with `code` and `sentence`, in the current province."""
    found = list(refused)
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    sentences = {row["code"]: row["sentence"][:300] for row in found}
    with transaction.atomic():
        for code, rows in sorted(Counter(row["code"] for row in found).items()):
            counted, _made = RefusedRows.objects.get_or_create(agent=agent, hour=hour, code=code)
            RefusedRows.objects.filter(pk=counted.pk).update(
                rows=F("rows") + rows, sentence=sentences[code], latest_at=now
            )


def forget_old() -> int:
    """Drop the counts of more than 31 days ago in the current province; returns how many."""
    return RefusedRows.objects.filter(hour__lt=timezone.now() - KEPT_FOR).delete()[0]
