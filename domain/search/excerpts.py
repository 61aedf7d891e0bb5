"""Highlights: the pieces of a text that a query hits, and the part of a long text around the first of them.

They are worked out from the text that the viewer sees anyway, never by the index.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from domain.search.query import Query, Term
from domain.search.reading import RUN, Span, spans_in, spans_of
from domain.views import View

EXCERPT = 240
"""Characters of an excerpt, more or less a word."""

BEFORE = 60
"""Characters of it before the first hit."""


class Piece(View):
    """A piece of a text, and whether the query hits it."""

    text: str
    is_hit: bool = False


def hits_in(text: str, query: Query, reach: int | None = None) -> list[tuple[int, int]]:
    """Where the terms of a query stand in a text, in order and apart; with a `reach`, those that begin no further than
    so many characters behind the first one, or within it."""
    found: list[tuple[int, int]] = []
    for start, end in _places(text, query.terms):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif found and reach is not None and start > found[0][0] + reach:
            break
        else:
            found.append((start, end))
    return found


def fits(text: str, query: Query) -> bool:
    """Whether every term of a query stands in this text."""
    return all(any(True for _ in _places(text, [term])) for term in query.terms)


def _places(text: str, terms: Sequence[Term]) -> Iterable[tuple[int, int]]:
    """Where the terms stand, in the order of the text."""
    longest = max((len(term.words) for term in terms), default=0)
    for at, skipped in _beginnings(text, terms):
        spans = list(islice(spans_of(text, at), skipped, skipped + longest))
        for term in terms:
            if _stands(spans, term):
                yield spans[0].start, spans[len(term.words) - 1].end


def _beginnings(text: str, terms: Sequence[Term]) -> Iterable[tuple[int, int]]:
    """Where some term may begin: where a run does, and behind how many of its words. Most words of a text begin none,
    and to read them takes the time; in plain ASCII every run is one word, which is found without reading the others."""
    prefixes = tuple(term.words[0] for term in terms if term.is_prefix and len(term.words) == 1)
    whole = {term.words[0] for term in terms} - set(prefixes)
    if text.isascii():
        lower = text.lower()
        for at in sorted({at for word in whole.union(prefixes) for at in _finds(lower, word)}):
            yield at, 0
        return
    for run in RUN.finditer(text):
        for place, (word, _, _) in enumerate(spans_in(run.group())):
            if word in whole or (prefixes and word.startswith(prefixes)):
                yield run.start(), place


def _finds(text: str, word: str) -> Iterable[int]:
    """Where the runs stand that begin like this, in plain ASCII."""
    at = text.find(word)
    while at >= 0:
        if not (at and text[at - 1].isalnum()):
            yield at
        at = text.find(word, at + 1)


def _stands(spans: Sequence[Span], term: Term) -> bool:
    """Whether these words begin with the term."""
    words = spans[: len(term.words)]
    return len(words) == len(term.words) and all(term.fits(one.word, place) for place, one in enumerate(words))


def pieces_of(text: str, query: Query) -> tuple[Piece, ...]:
    """The whole of a short text in pieces."""
    return _cut(text, hits_in(text, query), 0, len(text))


def excerpt_of(text: str, query: Query) -> tuple[Piece, ...]:
    """The part of a text around its first hit, or its beginning, in pieces."""
    line = text.replace("\n", " ")
    hits = hits_in(line, query, EXCERPT)
    first = hits[0][0] if hits else 0
    start = 0 if first <= BEFORE else line.rfind(" ", 0, first - BEFORE) + 1
    if first - start > BEFORE * 2:
        start = first
    end = min(len(line), max(start + EXCERPT, hits[0][1] if hits else 0))
    if end < len(line):
        end = (
            max(line.rfind(" ", first + 1, end + 1), hits[0][1] if hits else 0) if " " in line[first + 1 : end] else end
        )
    pieces = _cut(line, hits, start, end)
    before = (Piece(text="… "),) if start else ()
    after = (Piece(text=" …"),) if end < len(line) else ()
    return before + pieces + after


def _cut(text: str, hits: list[tuple[int, int]], start: int, end: int) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = start
    for first, last in hits:
        if first < start or last > end:
            continue
        pieces += [Piece(text=text[at:first]), Piece(text=text[first:last], is_hit=True)]
        at = last
    pieces.append(Piece(text=text[at:end]))
    return tuple(piece for piece in pieces if piece.text)
