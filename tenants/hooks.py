"""What the apps above contribute to a province's life. They register here in `AppConfig.ready`; imports point one way.

Every function is called in the province, inside the transaction of the act.
"""

from collections.abc import Callable, Iterable

from tenants.models import Province

Reasons = Callable[[Province], Iterable[str]]
"""Sentences; none where there is nothing to say."""

_vetoes: list[Reasons] = []
_withdrawals: list[Callable[[Province], object]] = []
_rebuilders: list[Reasons] = []


def refuse_closing(reasons: Reasons) -> None:
    """The province is not closed while this function gives a reason."""
    _vetoes.append(reasons)


def at_closing(withdraw: Callable[[Province], object]) -> None:
    """Takes what the nation shows of the province off its lists when it closes."""
    _withdrawals.append(withdraw)


def after_restore(rebuild: Reasons) -> None:
    """Writes what `public` keeps of the province anew from the restored tables.

    Says what cannot be as it was, a sentence for each thing that a person must know or look after.
    """
    _rebuilders.append(rebuild)


def reasons_against_closing(province: Province) -> list[str]:
    return [sentence for reasons in _vetoes for sentence in reasons(province)]


def withdraw(province: Province) -> None:
    for one in _withdrawals:
        one(province)


def rebuild(province: Province) -> list[str]:
    return [sentence for one in _rebuilders for sentence in one(province)]
