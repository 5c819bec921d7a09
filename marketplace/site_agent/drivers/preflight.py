"""Whether this machine can serve leases: tried, and said as the portal will say it to its readers."""

from pathlib import Path

from marketplace.site_agent.drivers import Health, isolation
from marketplace.site_agent.drivers.isolation import Walls


def look(workspaces: Path, *, loopback_only: bool) -> tuple[Walls, str, Health]:
    """The walls that can be built here, why not better ones, and what follows from it for the sale."""
    exposed = isolation.exposing(workspaces)
    if exposed:
        sentence = f"The state folder lies in {exposed}, which every workspace can read. Move it."
        return Walls.NONE, "not tried", Health(False, sentence, "state_exposed", {"folder": str(exposed)})
    walls, reason = isolation.choose_walls()
    if walls is not Walls.NONE:
        sentence = f"Workspaces are isolated ({walls.value})."
        return walls, reason, Health(True, sentence, "isolated", {"walls": walls.value})
    sentence, words = f"This machine cannot isolate workspaces: {reason}.", {"reason": reason}
    if loopback_only:
        told = Health(True, f"{sentence} It serves sample sales on loopback only.", "loopback_only", words)
    else:
        told = Health(False, f"{sentence} It sells nothing.", "not_isolated", words)
    return walls, reason, told
