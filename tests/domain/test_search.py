"""How texts fall into words, how queries are read, and what is highlighted."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.search import (
    FILLER,
    LONGEST_QUERY,
    LONGEST_WORD,
    MOST_TERMS,
    MOST_WORDS,
    Term,
    excerpt_of,
    fits,
    hits_in,
    indexed_words,
    parse_query,
    pieces_of,
    spans_of,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The works council", ("the", "works", "council")),
        ("Éa-b naïve O'Neil", ("ea", "b", "naive", "o", "neil")),
        ("e\u0301te\u0301", ("ete",)),
        ("ﬁne Straße İstanbul", ("fine", "strasse", "istanbul")),
        ("snake_case C++ 3.14", ("snake", "case", "c", "3", "14")),
        ("早く伝える", ("早", "く", "伝", "え", "る")),
        ("مديرة مصنع", ("مديرة", "مصنع")),
        ("Acme™ x² ½", ("acmetm", "x2", "1", "2")),
        ("so\u00adft zero\u200bwidth", ("soft", "zerowidth")),
        ("x" * 99, ("x" * LONGEST_WORD,)),
        (" \n-_*", ()),
        (FILLER, ()),
    ],
)
def test_a_text_falls_into_words(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=80), st.text(max_size=20))
def test_words_are_read_the_same_wherever_they_stand(text: str, more: str) -> None:
    assert words_of(f"{text} {more}") == words_of(text) + words_of(more)
    assert words_of(text) == tuple(span.word for span in spans_of(text))
    for span in spans_of(text):
        assert span.word in words_of(text[span.start : span.end])
        assert span.word.isalnum()
        assert span.word.casefold() == span.word
        assert words_of(span.word) == (span.word,)


@given(st.text(max_size=80))
def test_capitals_make_no_other_words(text: str) -> None:
    assert words_of(text.casefold()) == words_of(text)


def test_what_stands_too_often_keeps_its_place_only() -> None:
    words = indexed_words("a b " * 300)
    assert len(words) == 600
    assert words[:4] == ["a", "b", "a", "b"]
    assert words[-1] == FILLER
    assert words.count("a") == 255
    assert len(indexed_words("a" * 3 + " b" * 20_000)) == MOST_WORDS


def test_a_query_is_read() -> None:
    query = parse_query('works "early on" e-mail sig:Turnaround author:"Amara O" in:12')
    assert query.terms == (Term(("works",)), Term(("early", "on")), Term(("e", "mail")))
    assert (query.sig, query.authors, query.thread_id) == ("turnaround", ("amara", "o"), 12)
    assert query.is_narrowed
    assert not query.is_empty


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("works coun", Term(("coun",), is_prefix=True)),
        ("works e-ma", Term(("e", "ma"), is_prefix=True)),
        ("works c", Term(("c",))),
        ("works coun ", Term(("coun",))),
        ('works "coun', Term(("coun",))),
    ],
)
def test_the_last_word_goes_on_while_typing(text: str, last: Term) -> None:
    assert parse_query(text, typing=True).terms[-1] == last
    assert not any(term.is_prefix for term in parse_query(text).terms)


@pytest.mark.parametrize("text", ["", "  ", '"', '""', "sig:", "author:", "- *", "in:"])
def test_what_says_nothing_asks_for_nothing_or_for_a_word(text: str) -> None:
    query = parse_query(text)
    assert not query.is_narrowed
    assert query.is_empty or query.terms[0].words[0] in {"sig", "author", "in"}


@given(st.text(max_size=400), st.booleans())
def test_nothing_that_is_typed_fails(text: str, typing: bool) -> None:
    query = parse_query(text, typing=typing)
    assert len(query.terms) <= MOST_TERMS
    assert len(query.text) <= LONGEST_QUERY
    assert all(word.isalnum() for term in query.terms for word in term.words)
    assert "".join(piece.text for piece in pieces_of(text, query)) == text
    excerpt_of(text, query)


def test_hits_are_marked_where_they_stand() -> None:
    pieces = pieces_of("The Wörks council, the works.", parse_query('"works council" the'))
    assert [piece.text for piece in pieces if piece.is_hit] == ["The", "Wörks council", "the"]
    typed = pieces_of("The Wörks council", parse_query("wor", typing=True))
    assert [piece.text for piece in typed if piece.is_hit] == ["Wörks"]


def test_an_excerpt_stands_around_the_first_hit() -> None:
    text = "one two " * 100 + "here it is " + "three four " * 100
    pieces = excerpt_of(text, parse_query("here"))
    assert pieces[0].text == "… "
    assert pieces[-1].text == " …"
    assert [piece.text for piece in pieces if piece.is_hit] == ["here"]
    assert sum(len(piece.text) for piece in pieces) < 320
    assert excerpt_of("short\ntext", parse_query("nothing"))[0].text == "short text"


def _places_by_hand(text: str, term: Term) -> list[tuple[int, int]]:
    spans, length = list(spans_of(text)), len(term.words)
    runs = (spans[first : first + length] for first in range(len(spans) - length + 1))
    return [
        (run[0].start, run[-1].end)
        for run in runs
        if all(term.fits(span.word, place) for place, span in enumerate(run))
    ]


_ASCII_SAID = st.sampled_from(("a", "ab", "AB", "abc", "b2", "2", "e-mail", "a_b", "ab.", "\n", "-", "x" * 70))
_SAID = _ASCII_SAID | st.sampled_from(("É", "éa", "ﬁne", "早く", "㎧", "“ab”", "ab\u00ad", "İ"))


@example(texts=["b2", "2", "A2b"], asked=["2"], typing=False)
@example(texts=["ab", "b", "abc", "bc"], asked=["b"], typing=True)
@example(texts=["“b2”", "2"], asked=["2"], typing=False)
@given(st.lists(_ASCII_SAID, max_size=12) | st.lists(_SAID, max_size=12), st.lists(_SAID, max_size=3), st.booleans())
def test_what_is_hit_is_what_is_read_word_by_word(texts: list[str], asked: list[str], typing: bool) -> None:
    text, query = " ".join(texts), parse_query(" ".join(asked), typing=typing)
    by_hand = [_places_by_hand(text, term) for term in query.terms]
    covered = {place for places in by_hand for start, end in places for place in range(start, end)}
    hits = hits_in(text, query)
    assert {place for start, end in hits for place in range(start, end)} == covered
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(hits))
    assert {start for start, _ in hits} <= {start for places in by_hand for start, _ in places}
    assert fits(text, query) == all(by_hand)


@given(st.lists(_SAID, max_size=12), st.lists(_SAID, max_size=3), st.integers(0, 30))
def test_hits_within_reach_are_the_first_ones(texts: list[str], asked: list[str], reach: int) -> None:
    text, query = " ".join(texts), parse_query(" ".join(asked))
    near, every = hits_in(text, query, reach), hits_in(text, query)
    assert [hit for hit in every if hit[0] <= every[0][0] + reach] == near


@pytest.mark.parametrize("quote", ["", "“"])
def test_an_excerpt_marks_every_hit_in_it(quote: str) -> None:
    text = quote + "before " * 40 + "amber " + "between " * 10 + "amber " + "then " * 10 + "amber " + "after " * 40
    pieces = excerpt_of(text, parse_query("amber"))
    assert [piece.text for piece in pieces if piece.is_hit] == ["amber"] * 3
    assert "amber" not in "".join(piece.text for piece in pieces if not piece.is_hit)
