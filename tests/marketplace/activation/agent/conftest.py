from collections.abc import Iterator

import pytest

from tests.marketplace.activation.agent.doors import Doors
from tests.marketplace.activation.agent.site import Site


@pytest.fixture
def doors() -> Iterator[Doors]:
    doors = Doors()
    yield doors
    doors.close()


@pytest.fixture
def site(tmp_path, doors) -> Iterator[Site]:
    """An enrolled site whose agent has not started."""
    site = Site(tmp_path, doors)
    enrolled = site.enrol()
    assert enrolled.returncode == 0, enrolled.stderr
    yield site
    site.close()


@pytest.fixture
def running_site(site) -> Site:
    site.start()
    return site
