"""The cards this machine has, as the makers' drivers count them. A new maker is a module with `count`, named here."""

from collections.abc import Callable, Sequence

from marketplace.site_agent.drivers import Device
from marketplace.site_agent.drivers.makers import ascend, nvidia
from marketplace.site_agent.drivers.makers.tools import NotCounted

COUNTERS: tuple[Callable[[], Sequence[Device]], ...] = (nvidia.count, ascend.count)


def found(complain: Callable[[str, Exception], None]) -> list[Device]:
    """Cards that can be handed out. A maker whose tool does not answer has none, and `complain` is told."""
    devices: list[Device] = []
    for count in COUNTERS:
        try:
            devices += count()
        except NotCounted as error:
            complain("Counting the cards", error)
    for device in devices:
        if not device.files:
            complain(f"Handing out {device.maker} {device.model}", NotCounted("it has no device file"))
    return [device for device in devices if device.files]
