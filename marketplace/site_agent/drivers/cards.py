"""The cards of one lease: which devices were counted for it, whether they are free, whether they are still there."""

from collections.abc import Iterable

from marketplace.site_agent.drivers import Device, DriverError, Wanted
from marketplace.site_agent.drivers.workspaces import Workspace


def counted(wanted: Wanted) -> dict[str, dict[str, str]]:
    """Serial → the card as the record and the workspace itself name it."""
    return {
        serial: {"maker": device.maker, "model": device.model, "name": device.names[0]}
        for serial, device in wanted.counted.items()
    }


def require_free(wanted: Wanted, workspaces: Iterable[Workspace]) -> None:
    """Raises `DriverError` if a device serves another lease, under whatever serial it is registered there."""
    asked = {device.names[0] for device in wanted.counted.values()}
    for other in workspaces:
        if other.token != wanted.token and asked & _names(other):
            raise DriverError("capacity_gone", "One of the wanted cards serves another lease.", retryable=True)


def require_there(workspace: Workspace, devices: Iterable[Device]) -> None:
    """Raises `DriverError` if a card that was counted when the lease began is not there any more."""
    there = {device.names[0] for device in devices}
    for serial, card in workspace.counted.items():
        if card["name"] not in there:
            raise DriverError("hardware", f"Card {serial} is not found any more.", retryable=True)


def _names(workspace: Workspace) -> set[str]:
    return {card["name"] for card in workspace.counted.values()}
