"""Which cards are occupied, and which prices are still being paid: known to the app above, which owns the leases.

It registers its answers in `AppConfig.ready`; without them nothing here may move a card.
"""

from collections.abc import Callable, Iterable

from django.db.models import Exists

_answers: dict[str, Callable[..., object]] = {}


def register(*, occupied: Callable[[], Exists], leases_of_plans: Callable[[Iterable[int]], dict[int, int]]) -> None:
    _answers.update(occupied=occupied, leases_of_plans=leases_of_plans)


def occupied() -> Exists:
    """Condition on a queryset of cards: a live lease occupies the card."""
    return _answers["occupied"]()  # type: ignore[return-value]


def leases_of_plans(plans: Iterable[int]) -> dict[int, int]:
    """Live leases that keep each plan version; a version without any is absent."""
    return _answers["leases_of_plans"](plans)  # type: ignore[return-value]
