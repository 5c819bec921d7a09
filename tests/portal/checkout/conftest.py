"""People at the pages of the sale; pages are read in English, so that a test names the sentence it means."""

from collections.abc import Callable

import pytest
from django.test import Client

from portal.accounts.models import User


@pytest.fixture
def signed_in(client_at) -> Callable[[User | None], Client]:
    """A client at the national host: a visitor, or somebody signed in."""

    def client(user: User | None = None) -> Client:
        made = client_at()
        made.cookies["django_language"] = "en"
        if user is not None:
            made.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return made

    return client
