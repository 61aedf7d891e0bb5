"""Search: how a text falls into words, what a query means, which pieces of a text it hits, and what pages show.

One reading of words serves the index, the query and the highlights, so that both engines, and anybody who compares by
hand, agree on what matches.
"""

from domain.search.excerpts import Piece, excerpt_of, fits, hits_in, pieces_of
from domain.search.pages import (
    COMPLETIONS_SHOWN,
    MOST_COUNTED,
    RESULTS_A_PAGE,
    CompletionKind,
    CompletionPage,
    FoundLine,
    SearchChoicePage,
    SearchKind,
    SearchPage,
    SearchTab,
)
from domain.search.query import LONGEST_QUERY, MOST_TERMS, NO_QUERY, Query, Term, parse_query
from domain.search.reading import FILLER, LONGEST_WORD, MOST_WORDS, Span, indexed_words, spans_of, words_of

__all__ = [
    "COMPLETIONS_SHOWN",
    "FILLER",
    "LONGEST_QUERY",
    "LONGEST_WORD",
    "MOST_COUNTED",
    "MOST_TERMS",
    "MOST_WORDS",
    "NO_QUERY",
    "RESULTS_A_PAGE",
    "CompletionKind",
    "CompletionPage",
    "FoundLine",
    "Piece",
    "Query",
    "SearchChoicePage",
    "SearchKind",
    "SearchPage",
    "SearchTab",
    "Span",
    "Term",
    "excerpt_of",
    "fits",
    "hits_in",
    "indexed_words",
    "parse_query",
    "pieces_of",
    "spans_of",
    "words_of",
]
