"""Finding rows by words, as people type them.

Both sides have one form: usual width, small letters, no marks, and no blank between scripts, letters and digits. A word
that no name holds is looked for by its sound (pinyin, made when names are written, never for a question), then cut
where scripts or Chinese words may meet, and last taken for the most similar word there is (trigrams, as pg_trgm counts
them), which the answer then says.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, reduce
from operator import and_
from typing import Any

from portal.web.texts import normal

VARIANTS = str.maketrans("昇", "升")
"""Another way to write the same character: 昇腾 is typed as 升腾 as often."""
SIMILAR_ENOUGH = 0.3
"""Of pg_trgm's measure, and its own default."""
SHORTEST_PIECE = 2
SHORTEST_SOUND = 4
MOST_PIECES = 4

Bits = int


def fold(text: str) -> str:
    """Words of letters and digits in their one form, with single blanks between them."""
    usual = normal.text(text).casefold().translate(VARIANTS)
    return " ".join("".join(one if one.isalnum() else " " for one in usual).split())


def compact(text: str) -> str:
    return fold(text).replace(" ", "")


def folded(texts: Iterable[str]) -> str:
    """What is kept of a row's names, each on a line."""
    return "\n".join(dict.fromkeys(filter(None, map(fold, texts))))


def sounded(texts: Iterable[str]) -> str:
    """The same in pinyin without tones, of the names with Chinese characters."""
    return "\n".join(dict.fromkeys(_sound(text) for text in texts if any(map(_is_han, text))))


@lru_cache(4096)
def _sound(text: str) -> str:
    return "".join(_pinyin()(fold(text), errors="default")).replace(" ", "")


@lru_cache(1)
def _pinyin() -> Any:
    """pypinyin's converter, without its table of phrases: that takes 45 MB, and places have Latin names anyway."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    import pypinyin  # read by processes that write names only

    pypinyin.load_phrases_dict({word: [[one] for one in said.split()] for word, said in READ_OTHERWISE.items()})
    return pypinyin.lazy_pinyin


READ_OTHERWISE = {
    "重庆": "chong qing",
    "厦门": "xia men",
    "长沙": "chang sha",
    "长春": "chang chun",
    "长江": "chang jiang",
    "长城": "chang cheng",
    "银行": "yin hang",
}
"""Words in names whose first reading is not that of the single character."""


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf"


def bits(marks: Iterable[bool]) -> Bits:
    """From a mark for each place."""
    return int("".join(["1" if mark else "0" for mark in marks])[::-1] or "0", 2)


@dataclass(frozen=True)
class Found:
    bits: Bits
    meant: dict[str, str] = field(default_factory=dict)
    """Words that no name holds → the folded word that was looked for instead."""


class Finder:
    """Answers over one set of rows: `texts` as `folded` made them, `sounds` as `sounded` did."""

    def __init__(self, texts: list[str], sounds: list[str]) -> None:
        self._texts, self._sounds = texts, sounds
        self._names = [text.replace(" ", "") for text in texts]

    def find(self, text: str) -> Found:
        """Rows in which every word occurs, in any order; all rows for no words."""
        words = text.split()
        folds = [compact(word) for word in words]
        if not any(folds):
            return Found(0 if words else -1)
        meant: dict[str, str] = {}
        found = [self._word(one, meant) for one in folds if one]
        return Found(reduce(and_, found), meant)

    def _word(self, word: str, meant: dict[str, str]) -> Bits:
        found = self._named(word) or self._sounding(word) or self._cut(word)
        if not found and (similar := self._similar(word)):
            meant[word] = similar
            found = self._named(similar)
        return found

    def _named(self, piece: str) -> Bits:
        return bits(piece in name for name in self._names)

    def _sounding(self, word: str) -> Bits:
        """`shengteng` for 昇腾; short words would sound like a part of everything."""
        if len(word) < SHORTEST_SOUND or not word.isascii():
            return 0
        return bits(word in sound for sound in self._sounds) if self._sounds else 0

    def _cut(self, word: str, within: Bits = -1, pieces: int = MOST_PIECES) -> Bits:
        """Rows that hold all pieces of the word, the first one as long as possible: 山西昇腾, 910B大同."""
        starts: list[tuple[int, Bits]] = []
        for end in range(SHORTEST_PIECE, len(word) + 1):
            found = self._named(word[:end]) & within
            if not found:
                break
            if end == len(word):
                return found
            if _may_be_cut(word, end):
                starts.append((end, found))
        for end, found in reversed(starts if pieces > 1 else []):
            if both := self._cut(word[end:], found, pieces - 1):
                return both
        return 0

    # Words that are nearly right -----------------------------------------------------------------

    @cached_property
    def _vocabulary(self) -> dict[str, frozenset[str]]:
        """Every word of the rows with its trigrams; numbers of models are not taken for one another."""
        words = {word for text in self._texts for word in text.split()}
        return {word: trigrams(word) for word in sorted(words) if _is_a_word(word)}

    def _similar(self, word: str) -> str:
        if not _is_a_word(word):
            return ""
        own = trigrams(word)
        near = ((similarity(own, known), other) for other, known in self._vocabulary.items())
        best, other = max(near, default=(0.0, ""))
        return other if best >= SIMILAR_ENOUGH else ""


def _may_be_cut(word: str, at: int) -> bool:
    """Between two scripts, a letter and a digit, and anywhere between Chinese characters."""
    return _kind(word[at - 1]) != _kind(word[at]) or _is_han(word[at])


def _kind(character: str) -> str:
    return "digit" if character.isdigit() else "han" if _is_han(character) else "letter"


def _is_a_word(word: str) -> bool:
    return len(word) >= 3 and not any(map(str.isdigit, word))


def trigrams(word: str) -> frozenset[str]:
    padded = f"  {word} "
    return frozenset(padded[place : place + 3] for place in range(len(padded) - 2))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
