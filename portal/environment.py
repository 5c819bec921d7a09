"""Strict reading of the environment: a wrong value stops the start with one sentence.

Every helper raises `ImproperlyConfigured` naming the variable, the value it found and what it expects.
"""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. The portal did not start.")
    return value.strip()


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE | FALSE:
        return value.strip().lower() in TRUE
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be 1 or 0. The portal did not start.")


def number(name: str, default: int, *, least: int = 0, most: int = 10**9) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    if re.fullmatch("[0-9]{1,18}", value.strip()) and least <= int(value) <= most:
        return int(value)
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number from {least} to {most}.")


def rate(name: str, default: str) -> str:
    """So many requests in a second, minute, hour or day: `120/min`."""
    value = text(name, default)
    if re.fullmatch("[1-9][0-9]{0,8}/(s|sec|second|m|min|minute|h|hour|d|day)", value):
        return value
    raise ImproperlyConfigured(f"{name} is {value!r}; it must look like 120/min. The portal did not start.")


def one_of(name: str, default: str, choices: list[str]) -> str:
    value = text(name, default).lower()
    if value in choices:
        return value
    raise ImproperlyConfigured(
        f"{name} is {value!r}; it must be one of {', '.join(choices)}. The portal did not start."
    )


def words(name: str, default: list[str]) -> list[str]:
    value = os.environ.get(name)
    return default if value is None else [word.strip() for word in value.split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).expanduser().resolve()


def database(name: str, default: str) -> dict[str, object]:
    """The Django database dictionary of a `postgres://user:password@host:port/name` address.

    A Unix socket directory stands URL-encoded as the host: `postgres://user@%2Fvar%2Frun%2Fpg/name`.
    """
    shape = "it must look like postgres://user:password@host:5432/name"
    try:
        address = urlsplit(text(name, default))
    except ValueError:
        raise _unreadable(name, shape) from None
    if address.scheme not in {"postgres", "postgresql"}:
        raise _unreadable(name, shape)
    people, _, place = address.netloc.rpartition("@")
    user, _, password = people.partition(":")
    host, _, port = place.partition(":")  # not `address.hostname`: it lower-cases a socket directory
    if port and not port.isdigit():
        raise ImproperlyConfigured(f"{name} has the port {port!r}: {shape}. The portal did not start.")
    if not address.path.strip("/"):
        raise ImproperlyConfigured(f"{name} names no database: {shape}. The portal did not start.")
    return {
        "NAME": unquote(address.path.strip("/")),
        "USER": unquote(user),
        "PASSWORD": unquote(password),
        "HOST": unquote(host),
        "PORT": port,
        "OPTIONS": dict(parse_qsl(address.query)),
    }


def mail(name: str) -> dict[str, Any]:
    """Django's settings of a mail server's address: `smtp+tls://user:password@host:587`."""
    from environ import Env  # few installations need it

    try:
        return dict(Env.email_url_config(text(name)))
    except (ValueError, ImproperlyConfigured):
        raise _unreadable(name, "it must look like smtp+tls://user:password@host:587") from None


def _unreadable(name: str, shape: str) -> ImproperlyConfigured:
    """Without the value: it may hold a password."""
    return ImproperlyConfigured(f"{name} cannot be read: {shape}. The portal did not start.")
