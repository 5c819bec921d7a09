from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.marketplace.site_agent.doors import Doors
from tests.marketplace.site_agent.site import Site


@pytest.fixture
def doors() -> Iterator[Doors]:
    doors = Doors()
    yield doors
    doors.close()


@pytest.fixture
def site(tmp_path, doors) -> Iterator[Site]:
    """An enrolled site whose agent has not started."""
    with enrolled(tmp_path, doors) as site:
        yield site


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory) -> Iterator[Site]:
    """One running agent for all tests of a module."""
    doors = Doors()
    with enrolled(tmp_path_factory.mktemp("site"), doors) as site:
        site.start()
        yield site
    doors.close()


@contextmanager
def enrolled(folder: Path, doors: Doors) -> Iterator[Site]:
    site = Site(folder, doors)
    answer = site.enrol()
    assert answer.returncode == 0, answer.stderr
    try:
        yield site
    finally:
        site.close()
