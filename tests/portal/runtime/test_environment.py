"""A wrong value stops the start with one sentence that names the variable, and no password."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import environment as env

WRONG = {
    "number": ["²", "9" * 5000, "-1", "1.5", "many"],
    "rate": ["lots", "0/min", "60", "60/", "60/fortnight", "-1/min"],
    "mail": ["mail.example", "smtp://user:hidden@host:port", "smtp://user:hidden@[bad"],
    "database": ["mysql://user:hidden@host/name", "postgres://user:hidden@[bad/name", "postgres://user:hidden@host"],
}
READ = {
    "number": lambda: env.number("VALUE", 0),
    "rate": lambda: env.rate("VALUE", "1/s"),
    "mail": lambda: env.mail("VALUE"),
    "database": lambda: env.database("VALUE", ""),
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_with_what_is_expected(monkeypatch, kind, value):
    monkeypatch.setenv("VALUE", value)
    with pytest.raises(ImproperlyConfigured, match="VALUE ") as told:
        READ[kind]()
    assert "hidden" not in str(told.value)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [("number", " 12 ", 12), ("rate", "60/min", "60/min"), ("rate", "5/s", "5/s"), ("rate", "9/hour", "9/hour")],
)
def test_what_is_right_is_read(monkeypatch, kind, value, read):
    monkeypatch.setenv("VALUE", value)
    assert READ[kind]() == read


def test_a_mail_server_is_read(monkeypatch):
    monkeypatch.setenv("VALUE", "smtp+tls://user:hidden@mail.example:587")
    found = env.mail("VALUE")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
