"""The sentences for people: found in code and templates with Babel, kept in `portal/locale/*/LC_MESSAGES/django.po`.

A bare machine has no gettext tools, so Django's own makemessages and compilemessages do not work there.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

FOLDERS = ("portal", "tenants", "marketplace", "templates")
HEADER = "Sentences of the portal; `manage.py messages` keeps them in step with code and templates."
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def catalogues() -> list[Path]:
    return [path for folder in settings.LOCALE_PATHS for path in sorted(Path(folder).glob("*/LC_MESSAGES/django.po"))]


def extract() -> Catalog:
    """Every sentence that code and templates ask for."""
    found = Catalog(charset="utf-8", fuzzy=False)
    for path in sorted(_sources(settings.BASE_DIR)):
        for name, words, comments in _calls(path):
            spec = KEYWORDS[name] or (1,)
            context = next((words[place[0] - 1] for place in spec if isinstance(place, tuple)), None)
            ids = tuple(words[place - 1] for place in spec if isinstance(place, int))
            if all(ids):
                found.add(ids if len(ids) > 1 else ids[0], context=context, auto_comments=comments)
    return found


def update(path: Path) -> None:
    """Add new sentences untranslated, drop those nobody asks for, keep the rest."""
    kept = load(path)
    kept.update(extract(), no_fuzzy_matching=True, update_header_comment=False)
    kept.obsolete.clear()
    save(path, kept)


def problems(path: Path) -> Iterator[str]:
    """A sentence for each message that is missing, untranslated, fuzzy or asked for by nobody."""
    kept, wanted = load(path), extract()
    for message in wanted:
        known = kept.get(message.id, message.context)
        if not message.id:
            continue
        if known is None:
            yield f"{path.parent.parent.name}: “{_first(message)}” is not in the catalogue."
        elif not all(_strings(known)):
            yield f"{path.parent.parent.name}: “{_first(message)}” is not translated."
        elif known.fuzzy:
            yield f"{path.parent.parent.name}: “{_first(message)}” is fuzzy."
        yield from (f"{path.parent.parent.name}: “{_first(message)}”: {error}" for error in _format_errors(known, kept))
    for message in kept:
        if message.id and wanted.get(message.id, message.context) is None:
            yield f"{path.parent.parent.name}: “{_first(message)}” is asked for by nobody."


def load(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def save(path: Path, catalogue: Catalog) -> None:
    catalogue.header_comment = f"# {HEADER}"
    catalogue.project, catalogue.version = "Suanli Portal", "1"
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, no_location=True, sort_output=True, ignore_obsolete=True)


def _sources(base: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (base / folder).rglob("*"):
            if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts and path.is_file():
                yield path


def _calls(path: Path) -> Iterator[tuple[str, tuple[Any, ...], list[str]]]:
    source = path.read_text()
    if path.suffix != ".py":
        source = "\n".join(line.strip() for line in templatize(source, origin=str(path)).splitlines())
    calls: Any = extract_python(io.BytesIO(source.encode()), KEYWORDS, ["Translators:"], {"encoding": "utf-8"})
    for _line, name, words, comments in calls:
        yield name, words if isinstance(words, tuple) else (words,), comments


def _format_errors(message: Message | None, catalogue: Catalog) -> Iterator[str]:
    if message is not None and any(_strings(message)):
        yield from (str(error) for error in message.check(catalogue))


def _strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]
