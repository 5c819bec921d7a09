"""The XML inside an office file, element by element, without ever holding a whole part."""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext as _

from portal.web.sheets.faults import Unreadable

MOST_UNPACKED = 40 * 1024 * 1024
"""Bytes of all parts that are read, together."""
DEEPEST = 30
CHUNK = 64 * 1024
DAMAGES = (
    *(KeyError, IndexError, ValueError, OverflowError, StopIteration, RuntimeError, NotImplementedError, EOFError),
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError),
)
"""What reading raises where a file is not what its name says."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element that has ended. Names are without their namespace: there are two of them for one meaning."""

    name: str
    parent: str
    attributes: dict[str, str]
    text: str


class Archive:
    def __init__(self, packed: zipfile.ZipFile) -> None:
        self.packed = packed
        self.unpacked = 0

    def elements(self, part: str) -> Iterator[Element]:
        """Elements of a part in the order of their ends. Raises `Unreadable`, or one of `DAMAGES`."""
        found = self.packed.getinfo(part)
        self.unpacked += found.file_size
        if self.unpacked > MOST_UNPACKED:
            raise Unreadable(_("The file is larger than 40 MB when it is unpacked. Divide it into several files."))
        with self.packed.open(found) as file:  # it gives no more than the size that was counted
            reader = _Reader()
            while chunk := file.read(CHUNK):
                yield from reader.feed(chunk)
            yield from reader.feed(b"", end=True)


class _Reader:
    def __init__(self) -> None:
        self.parser: Any = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.open: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.done: list[Element] = []

    def feed(self, chunk: bytes, *, end: bool = False) -> list[Element]:
        self.done = []
        self.parser.Parse(chunk, end)
        return self.done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.open.append((_local(name), attributes))
        self.text.clear()
        if len(self.open) > DEEPEST:
            raise ValueError(name)

    def _text(self, text: str) -> None:
        self.text.append(text)

    def _end(self, _name: str) -> None:
        name, attributes = self.open.pop()
        parent = self.open[-1][0] if self.open else ""
        known = {_local(word): value for word, value in attributes.items()}
        self.done.append(Element(name, parent, known, "".join(self.text)))
        self.text.clear()

    def _refuse(self, *_declared: Any) -> None:
        """No spreadsheet declares a document type, and its entities grow when they are read."""
        raise ValueError("doctype")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
