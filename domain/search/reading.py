"""How a text falls into words: letters and digits of every script, without accents and capitals.

Scripts that put no spaces between words (Chinese, Japanese, Thai, Lao, Burmese, Khmer) are read letter by letter; a
query in them is then a phrase of letters. The same reading serves index, query and highlights.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

LONGEST_WORD = 64
"""Letters of a word that count; two words that are the same so far are the same."""

MOST_WORDS = 10_000
"""Words of one text that are indexed; PostgreSQL has places for 16,383."""

MOST_PLACES = 255
"""Places of one word in one text that are indexed: PostgreSQL keeps no more, so SQLite is given no more."""

FILLER = "\ue000"
"""Stands for what is not indexed, so that what follows keeps its place. No word has this letter."""

RUN = re.compile(r"[^\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")
"""What stands between spaces and the signs of ASCII, which are in no word."""

_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"(?=[^\W_])[{_ALONE}]|(?:(?![{_ALONE}])[^\W_])+")


class Span(NamedTuple):
    """A word, and where it stands in its text."""

    word: str
    start: int
    end: int


class _Folding(dict[int, str]):
    """What is left of each letter: its compatible form without capital, marks and what cannot be seen."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        kept = (letter for letter in plain if not unicodedata.category(letter).startswith(("M", "Cf")))
        folded = self[code] = "".join(kept)
        return folded


_FOLDED = _Folding()


def spans_of(text: str, at: int = 0) -> Iterator[Span]:
    """The words of a text in their order, from a place between two of them on, each with its place as it was typed."""
    for run in RUN.finditer(text, at):
        for word, start, end in spans_in(run.group()):
            yield Span(word, run.start() + start, run.start() + end)


def spans_in(run: str) -> tuple[tuple[str, int, int], ...]:
    """The words of a run of letters, each with its place in it."""
    return _known_spans(run) if len(run) <= LONGEST_WORD else _spans_in(run)


def _spans_in(run: str) -> tuple[tuple[str, int, int], ...]:
    if run.isascii():
        return ((run.lower()[:LONGEST_WORD], 0, len(run)),)
    folded, origin = [], []
    for place, letter in enumerate(run):
        plain = _FOLDED[ord(letter)]
        folded.append(plain)
        origin += [place] * len(plain)
    origin.append(len(run))
    words = _WORD.finditer("".join(folded))
    return tuple((word.group()[:LONGEST_WORD], origin[word.start()], _end(run, origin, word.end())) for word in words)


def _end(run: str, origin: list[int], after: int) -> int:
    """Where a word ends in the run, with the marks on its last letter."""
    end = origin[after - 1] + 1
    while end < len(run) and not _FOLDED[ord(run[end])]:
        end += 1
    return end


_known_spans = lru_cache(maxsize=65_536)(_spans_in)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in their order: those of `spans_of`, without their places and so much faster."""
    return tuple(word[:LONGEST_WORD] for word in _WORD.findall(text.translate(_FOLDED)))


def indexed_words(text: str) -> list[str]:
    """The words of a text as far as they are indexed, each at its place; `FILLER` where one stands too often."""
    found: list[str] = []
    seen: dict[str, int] = defaultdict(int)
    for word in words_of(text)[:MOST_WORDS]:
        seen[word] += 1
        found.append(word if seen[word] <= MOST_PLACES else FILLER)
    return found
