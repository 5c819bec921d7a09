"""The people of an application in Shanxi, and a private folder of the test's own."""

import pytest
from django.conf import settings as portal_settings

from portal.accounts.roles import Role
from tenants.context import in_province
from tests.portal.accounts.people import organisation, person, staff


@pytest.fixture(autouse=True)
def private_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    assert portal_settings.CLAMD_SOCKET == ""
    return settings.MEDIA_ROOT


@pytest.fixture
def here(shanxi):
    with in_province(shanxi):
        yield shanxi


@pytest.fixture
def owner(db):
    return person("owner")


@pytest.fixture
def company(owner):
    return organisation("晋云算力有限公司", owner)


@pytest.fixture
def checker(shanxi):
    return staff("checker", Role.OPERATOR, "shanxi")


@pytest.fixture
def approver(shanxi):
    return staff("approver", Role.OPERATOR, "shanxi")
