"""Which layout the state folder has, so that another version's folder is refused and not misread."""

from pathlib import Path

from marketplace.site_agent import VERSION
from marketplace.site_agent.files import read_json, write_json
from marketplace.site_agent.problems import Problem

LAYOUT = 1
"""Raised whenever files of the state folder change their meaning; additions with a default do not count."""
FILE = "layout.json"


def check(state: Path) -> None:
    """Mark a folder that has no mark yet (it is of the first layout). Raises `Problem` for another layout."""
    path = state / FILE
    try:
        found = read_json(path)
        layout, writer = int(found["layout"]), str(found["agent"])
    except FileNotFoundError:
        write_json(path, {"layout": LAYOUT, "agent": VERSION})
        return
    except (OSError, ValueError, TypeError, KeyError):
        raise Problem(
            f"{path} cannot be read, so it is not known which version wrote {state}. Nothing was changed."
        ) from None
    if layout != LAYOUT:
        age = "an older" if layout < LAYOUT else "a newer"
        raise Problem(
            f"The state folder {state} was written by {age} version of the agent ({writer}, layout {layout}); version "
            f"{VERSION} reads layout {LAYOUT}. Nothing was changed. Run version {writer}, or let its leases end, "
            "move the folder away and enrol anew."
        )
