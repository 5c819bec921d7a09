"""How soon a workspace that ended by itself is started again, and when it is left alone.

One that crashes at start would otherwise be started every few seconds for as long as its lease lasts. What is counted
here is forgotten with the agent: starting the agent anew is how a provider asks for another try.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

BACK_OFF_SECONDS = (5.0, 15.0, 60.0, 300.0)
"""Wait after the first, second, … start; the next one comes no sooner."""
STEADY_AFTER_SECONDS = 600.0
"""A workspace that ran so long is taken as sound again."""


@dataclass
class _Tries:
    count: int = 0
    last: float = 0.0
    given_up: bool = False


class Restarts:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: dict[str, _Tries] = {}

    def may_start(self, token: str) -> bool:
        """Whether the workspace may be started now; counts the start if so. After the last try it is given up."""
        now, tries = self._clock(), self._tries.setdefault(token, _Tries())
        if tries.given_up:
            return False
        if tries.count and now - tries.last >= STEADY_AFTER_SECONDS:
            tries.count = 0
        if tries.count and now - tries.last < BACK_OFF_SECONDS[tries.count - 1]:
            return False
        if tries.count == len(BACK_OFF_SECONDS):
            tries.given_up = True
            return False
        tries.count, tries.last = tries.count + 1, now
        return True

    def given_up(self) -> list[str]:
        return sorted(token for token, tries in self._tries.items() if tries.given_up)

    def forget(self, token: str) -> None:
        self._tries.pop(token, None)
