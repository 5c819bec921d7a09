"""Which registered cards are cards that a driver found. Only these are confirmed to the portal.

A card without a device behind it can be declared, where the portal says so (its sample world) or the provider does
(`suanli-agent enrol --declared`). It is reported as declared then, and outside the sample world the portal does not
sell it at once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marketplace.site_agent.drivers import Device
from marketplace.site_agent.enrolments import Enrolment, Pool

COUNTED, DECLARED = "counted", "declared"
Cards = dict[str, Device]
"""Serial → device."""


class Inventory:
    def __init__(self, enrolments: Mapping[str, Enrolment], count: Callable[[], Sequence[Device]]) -> None:
        self._enrolments, self._count = enrolments, count
        self._devices: tuple[Device, ...] = ()

    def count(self) -> None:
        """Ask the drivers anew; it may take some seconds."""
        self._devices = tuple(self._count())

    @property
    def size(self) -> int:
        return len(self._devices)

    def found(self, key_id: str, slug: str) -> Cards:
        """Of one pool the registered cards that are there."""
        return self._assigned().get((key_id, slug), {})

    def capacity(self, enrolment: Enrolment) -> list[dict[str, Any]]:
        """What the portal is told of each pool: cards that can be used, how they were counted, which are not there."""
        assigned = self._assigned()
        return [
            {
                "pool": slug,
                "faulty": sorted(pool.faulty),
                **_counted(pool, assigned[enrolment.key_id, slug], may_declare=enrolment.may_declare),
            }
            for slug, pool in enrolment.pools.items()
        ]

    def _assigned(self) -> dict[tuple[str, str], Cards]:
        """Key id and pool → its cards. A device is one card, however many registers and pools name it."""
        left = {_same(name): device for device in self._devices for name in device.names}
        enrolled = [(one.key_id, slug, pool) for one in self._enrolments.values() for slug, pool in one.pools.items()]
        return {(key_id, slug): _take(left, pool) for key_id, slug, pool in enrolled}


def _counted(pool: Pool, found: Cards, *, may_declare: bool) -> dict[str, Any]:
    usable = set(pool.serials) - set(pool.faulty)
    missing = usable - found.keys()
    if may_declare and (missing or not usable):
        return {"cards": len(usable), "counting": DECLARED, "missing": []}
    return {"cards": len(usable - missing), "counting": COUNTED, "missing": sorted(missing)}


def _take(left: Cards, pool: Pool) -> Cards:
    """The pool's cards among the devices that are left, which are fewer afterwards."""
    cards = {}
    for serial in pool.serials if left else ():
        device = left.get(_same(serial))
        if device is not None:
            cards[serial] = device
            for name in device.names:
                left.pop(_same(name), None)
    return cards


def _same(name: str) -> str:
    """Tools and registers differ in capitals only."""
    return name.strip().casefold()
