"""How pytest-xdist shares the tests out: those that start processes go one after another, the rest beside them.

Agents are users of the machine, and a portal that is timed wants a core: two such tests at a time would meet.
"""

from functools import cache

from xdist.scheduler import LoadScopeScheduling

from tests.database import PROJECT

PROCESSES = "processes"


class Lanes(LoadScopeScheduling):
    """Every file is a parcel of its own, except that the files that start processes are one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return PROCESSES if _starts_processes(file) else file


@cache
def _starts_processes(file: str) -> bool:
    return file.startswith("tests/browser/") or "pytest.mark.processes" in (PROJECT / file).read_text()
