"""In which encoding a text file was saved: UTF-8, or GB 18030 as Chinese spreadsheets do.

That bytes decode proves little: “太原” in GB 18030 is valid UTF-8 too, two letters with combining marks. So both
readings are compared, and what stays in doubt is asked.
"""

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

UTF_8, GB_18030 = "UTF-8", "GB18030"
CODECS = {UTF_8: "utf-8-sig", GB_18030: "gb18030"}
USUAL = 0.5
"""Share of the characters of a Chinese text that GB 2312 has, at least: “昇腾” is half of it."""
SHOWN = 60
SIGNS = frozenset({"Po", "Pi", "Pf", "Sc", "Sm", "So", "No", "Zs"})
"""Categories of “·”, “£”, “×”, “°”, “²” and the space that does not break."""
_BEYOND_ASCII = re.compile("[^\0-\x7f]")
_CJK = re.compile("[\u0800-\U0010ffff]")
"""Characters of three and four bytes in UTF-8; those before them have two, which GB 18030 may read as one."""
_FOUR_BYTES = re.compile("[\U00010000-\U0010ffff]")
_RUNS = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]*+[\u0080-\u07ff][0-9A-Za-z\u0080-\u07ff]*")
_WITH_ASCII = re.compile(r"[0-9A-Za-z]")


@dataclass(frozen=True)
class Recognised:
    """The encoding, empty if it is in doubt, and where there is another: the first line that tells them apart."""

    encoding: str
    readings: dict[str, str] = field(default_factory=dict)


def recognise(data: bytes) -> Recognised:
    """Which of the two encodings the bytes are in; without any reading they are in neither."""
    texts = {name: text for name in CODECS if (text := decoded(data, name)) is not None}
    if data.startswith(codecs.BOM_UTF8) or data.isascii():
        return Recognised(UTF_8 if UTF_8 in texts else "")
    if UTF_8 in texts and not _odd(texts[UTF_8]):
        return Recognised(UTF_8)
    return Recognised(_decide(texts), {name: _telling(text) for name, text in texts.items()})


def decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(CODECS[encoding])
    except UnicodeDecodeError:
        return None


def _decide(texts: dict[str, str]) -> str:
    """Of readings of which that in UTF-8, if there is one, is odd."""
    utf_8, chinese = texts.get(UTF_8), texts.get(GB_18030)
    if utf_8 is None:
        return GB_18030 if chinese is not None and _usual(chinese) >= USUAL else ""
    if chinese is None:
        return UTF_8
    has_cjk = _CJK.search(utf_8) is not None
    if _usual(chinese) < 1:
        return UTF_8 if has_cjk else ""
    return "" if has_cjk else GB_18030


def _usual(text: str) -> float:
    """Share of the characters beyond ASCII that GB 2312 has; none where one has no meaning at all."""
    beyond = {char: times for char, times in Counter(text).items() if not char.isascii()}
    if any(unicodedata.category(char) in ("Co", "Cn", "Cc") for char in beyond):
        return 0.0
    return sum(times for char, times in beyond.items() if _in_gb2312(char)) / sum(beyond.values())


def _in_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _odd(text: str) -> bool:
    """Whether a character stands where UTF-8 text hardly has it: of two bytes in no Latin word, or of four bytes."""
    for run in _RUNS.findall(text):
        if not _WITH_ASCII.search(run) or not all(char.isascii() or _fits(char) for char in run):
            return True
    return any(unicodedata.category(char) != "So" for char in _FOUR_BYTES.findall(text))


def _fits(char: str) -> bool:
    latin = char <= "\u017f" and unicodedata.name(char, "").startswith("LATIN ")
    return latin or char in "μΩ" or unicodedata.category(char) in SIGNS


def _telling(text: str) -> str:
    """The line of the text around its first character beyond ASCII."""
    found = _BEYOND_ASCII.search(text)
    first = found.start() if found else 0
    before = text[max(0, first - SHOWN // 2) : first].rpartition("\n")[2]
    return before + text[first : first + SHOWN].splitlines()[0]
