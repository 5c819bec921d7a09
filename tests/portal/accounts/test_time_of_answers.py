"""How long an answer takes does not tell whether an address has an account. Measured in time of the processor."""

from statistics import median
from time import thread_time

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache

from tests.portal.accounts.people import person

pytestmark = pytest.mark.django_db

PASSWORD = "quite-a-long-one-0815"
ROUNDS = 5


@pytest.fixture(autouse=True)
def slow_hash(monkeypatch):
    """A tenth of a second, so that a hash that is left out is seen; not the second of real accounts."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 400_000)


def seconds(client_at, path: str, forms: list[dict[str, str]]) -> float:
    """Median time of the processor of one answer."""
    taken = []
    for form in forms:
        cache.clear()  # the counts of the limits
        client = client_at()
        began = thread_time()
        client.post(path, form)
        taken.append(thread_time() - began)
    return median(taken)


def signing_up(email: str) -> dict[str, str]:
    return {"email": email, "name": "Anna", "password1": PASSWORD, "password2": PASSWORD}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/signup/", signing_up),
        ("/accounts/login/", lambda email: {"login": email, "password": "wrong-one-0815"}),
        ("/accounts/password/reset/", lambda email: {"email": email}),
    ],
)
def test_a_known_and_an_unknown_address_take_the_same_time(client_at, path, form):
    person("warm"), seconds(client_at, path, [form("warm@example.test")])
    known = [person(f"known{number}").email for number in range(ROUNDS)]
    new = [f"new{number}@example.test" for number in range(ROUNDS)]
    times = [seconds(client_at, path, [form(email) for email in emails]) for emails in (known, new)]
    assert abs(times[0] - times[1]) < 0.03, times
