"""Logs: one line an event, as text for people or as JSON for a collector; tracebacks without the values of variables.

Whoever reads them can sign in as nobody and learns of nobody what he searched: addresses stand without their query
and without the keys of invitations and of mail about passwords and addresses.

What Django, Celery and other libraries say through Python's own logging passes the same processors, so that every line
has one form.
"""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

KEYS_IN_ADDRESSES = re.compile("(/(?:invitations|confirm-email|reset/key)/)[^/?]+")


def without_keys(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in {"request", "event"} & line.keys():
        line[name] = KEYS_IN_ADDRESSES.sub(r"\1…", str(line[name]))
    if "request" in line:
        line["request"] = line["request"].partition("?")[0]
    return line


BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    without_keys,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
NO_VALUES = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)  # variables may be secrets


def configure(form: str, level: str) -> None:
    """Our own lines."""
    structlog.configure(
        processors=[*BEFORE, *_drawn(form)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


def for_the_standard_library(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "portal": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*BEFORE, structlog.stdlib.add_logger_name],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_drawn(form)],
            }
        },
        "filters": {"no_503": {"()": "django.utils.log.CallbackFilter", "callback": _is_no_503}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "portal"}},
        "root": {"handlers": ["stderr"], "level": max(level.upper(), "WARNING", key=_NUMBER.__getitem__)},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": level.upper(), "propagate": False},
            "django.request": {"level": "ERROR", "filters": ["no_503"]},  # those below 500 are in the request's line
            "psycopg.pool": {"level": "ERROR"},  # each attempt to reach a database that is down
        },
    }


_NUMBER = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


def _is_no_503(record: logging.LogRecord) -> bool:
    """Overload is one line a minute (`portal.web.unavailable`), not one a request."""
    return getattr(record, "status_code", None) != 503


def _drawn(form: str) -> list[Any]:
    if form == "text":
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]
    return [structlog.processors.ExceptionRenderer(NO_VALUES), structlog.processors.JSONRenderer(ensure_ascii=False)]
