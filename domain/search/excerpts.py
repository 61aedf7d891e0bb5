"""Highlights: the pieces of a text that a query hits, and the part of a long text around the first of them.

They are worked out from the text that the viewer sees anyway, never by the index.
"""

from collections.abc import Iterable, Sequence

from domain.search.query import Query, Term
from domain.search.reading import Span, spans_of
from domain.views import View

EXCERPT = 240
"""Characters of an excerpt, more or less a word."""

BEFORE = 60
"""Characters of it before the first hit."""


class Piece(View):
    """A piece of a text, and whether the query hits it."""

    text: str
    is_hit: bool = False


def hits_in(text: str, query: Query) -> list[tuple[int, int]]:
    """Where the terms of a query stand in a text, in order and apart."""
    spans = list(spans_of(text))
    found: list[tuple[int, int]] = []
    for start, end in _places(spans, query.terms):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def fits(text: str, query: Query) -> bool:
    """Whether every term of a query stands in this text."""
    spans = list(spans_of(text))
    return all(any(True for _ in _places(spans, [term])) for term in query.terms)


def _places(spans: list[Span], terms: Sequence[Term]) -> Iterable[tuple[int, int]]:
    """Where the terms stand, in the order of the text. Most words begin none of them, so that is looked at first."""
    beginnings = {term.words[0] for term in terms if not (term.is_prefix and len(term.words) == 1)}
    prefixes = tuple(term.words[0] for term in terms if term.is_prefix and len(term.words) == 1)
    for first, span in enumerate(spans):
        if span.word in beginnings or (prefixes and span.word.startswith(prefixes)):
            for term in terms:
                if _stands_at(spans, first, term):
                    yield span.start, spans[first + len(term.words) - 1].end


def _stands_at(spans: list[Span], first: int, term: Term) -> bool:
    words = spans[first : first + len(term.words)]
    return len(words) == len(term.words) and all(term.fits(one.word, place) for place, one in enumerate(words))


def pieces_of(text: str, query: Query) -> tuple[Piece, ...]:
    """The whole of a short text in pieces."""
    return _cut(text, hits_in(text, query), 0, len(text))


def excerpt_of(text: str, query: Query) -> tuple[Piece, ...]:
    """The part of a text around its first hit, or its beginning, in pieces."""
    line = text.replace("\n", " ")
    hits = hits_in(line, query)
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
