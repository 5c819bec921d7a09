"""What an installation decides once and keeps in `portal.env` of its data folder (mode 0600).

`manage.py` reads it before Django's settings do, so that every command beside a quickstart finds the same
secrets and the same database. Anything set in the environment wins.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from portal.runtime.database.files import PostgresProblem
from portal.runtime.database.server import Server

FILE = "portal.env"
DATABASE = "suanli"


class CannotKeep(Exception):
    """The data folder does not serve; the text is one sentence."""


def data_folder(arguments: list[str]) -> Path:
    """The folder named by `--data`, by PORTAL_DATA, or `var/` of the project."""
    named = _option(arguments, "--data") if "quickstart" in arguments[:1] else None
    default = Path(__file__).resolve().parents[2] / "var"
    return Path(named or os.environ.get("PORTAL_DATA") or default).expanduser().resolve()


def bring_into_environment(arguments: list[str]) -> None:
    """Add the kept values, and the address of the embedded database if there is one, to `os.environ`.

    `quickstart` makes them on its first start. Raises `CannotKeep` or `PostgresProblem`.
    """
    folder = data_folder(arguments)
    if {"-h", "--help", "help"} & set(arguments):
        os.environ.setdefault("DEBUG", "1")  # help needs no secret
    starting = arguments[:1] == ["quickstart"] and not {"-h", "--help"} & set(arguments)
    if starting:
        make(folder, sample="--without-sample" not in arguments, port=_option(arguments, "--port"))
    values = read(folder)
    if not values:
        return
    os.environ["PORTAL_DATA"] = str(folder)
    if "DATABASE_URL" not in os.environ:
        server = Server(folder / "postgres")
        if starting:
            server.find_home(print)
        values["DATABASE_URL"] = server.url(DATABASE)
    for name, value in values.items():
        os.environ.setdefault(name, value)


def read(folder: Path) -> dict[str, str]:
    """The kept values; empty where nothing was kept."""
    try:
        lines = (folder / FILE).read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise CannotKeep(f"{folder / FILE} cannot be read: {error.strerror}.") from None
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def make(folder: Path, *, sample: bool, port: str | None) -> None:
    """Make the folder and its secrets once; the port is the one of the latest start."""
    if port is not None and not (port.isdigit() and 0 < int(port) < 65536):
        raise CannotKeep(f"--port is {port!r}; it must be a whole number from 1 to 65535.")
    kept = read(folder)
    wanted = {
        "SECRET_KEY": kept.get("SECRET_KEY") or secrets.token_urlsafe(48),
        "CREDENTIALS_KEY": kept.get("CREDENTIALS_KEY") or secrets.token_urlsafe(48),
        "SAMPLE_WORLD": kept.get("SAMPLE_WORLD") or ("1" if sample else "0"),
        "PORTAL_PORT": port or os.environ.get("PORTAL_PORT") or "8000",
    }
    if port:
        os.environ["PORTAL_PORT"] = port
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if wanted != kept:
            _write(folder / FILE, wanted)
        elif not os.access(folder, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise CannotKeep(
            f"The data folder {folder} cannot be written: {error.strerror}. Choose one with --data."
        ) from None


def _write(path: Path, values: Mapping[str, str]) -> None:
    text = "# Made by quickstart. Whoever reads this file can sign in as anybody.\n"
    text += "".join(f"{name}={value}\n" for name, value in values.items())
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def _option(arguments: list[str], name: str) -> str | None:
    """The last value given, as argparse takes it."""
    value = None
    for position, argument in enumerate(arguments):
        if argument == name and position + 1 < len(arguments):
            value = arguments[position + 1]
        elif argument.startswith(f"{name}="):
            value = argument.removeprefix(f"{name}=")
    return value


def stop_with(sentence: object, code: int = 2) -> None:
    """One sentence, no traceback."""
    print(f"{sentence}", file=sys.stderr)
    raise SystemExit(code)


__all__ = ["CannotKeep", "PostgresProblem", "bring_into_environment", "data_folder", "make", "read", "stop_with"]
