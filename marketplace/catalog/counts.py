"""Cards that no agent counts: known to the app above, which takes the agents' reports.

It registers its answer in `AppConfig.ready`.
"""

from collections.abc import Callable

from marketplace.catalog.models import Provider

_answers: dict[str, Callable[[Provider], dict[str, int]]] = {}


def register(*, uncounted: Callable[[Provider], dict[str, int]]) -> None:
    _answers["uncounted"] = uncounted


def uncounted(provider: Provider) -> dict[str, int]:
    """Pool → cards in service that its agent has not counted, and so cannot be sold; pools without any are absent."""
    return _answers["uncounted"](provider)
