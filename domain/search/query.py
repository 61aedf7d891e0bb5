"""What was typed into the search field, read: words that must all be there, "phrases", and what narrows it down.

`sig:slug` stays within a SIG, `in:12` within a thread, `author:name` with the posts of people of that name. Nothing
that is typed is an error: what cannot be read is a word like any other, or nothing.
"""

import re
from dataclasses import dataclass

from domain.search.reading import words_of

LONGEST_QUERY = 200
"""Characters that are read."""

MOST_TERMS = 12
"""Words and phrases that are read."""

SHORTEST_PREFIX = 2
"""Letters from which on a word that is still being typed stands for every word that begins with it."""

_CHUNK = re.compile(r'(?:(sig|author|in):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
_HIGHEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one behind the other; of a prefix, the last one may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False

    def fits(self, word: str, place: int) -> bool:
        """Whether this word can stand at this place of the term."""
        wanted = self.words[place]
        return word.startswith(wanted) if self.is_prefix and place == len(self.words) - 1 else word == wanted


@dataclass(frozen=True, slots=True)
class Query:
    """A query as read. `text` is what was typed, without outer spaces; every term must match, and every author word."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    sig: str | None = None
    authors: tuple[str, ...] = ()
    thread_id: int | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for what is said in some place or by somebody, and so not for people or SIGs."""
        return self.sig is not None or self.thread_id is not None or bool(self.authors)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self.terms and not self.is_narrowed


NO_QUERY = Query()


def parse_query(text: str, *, typing: bool = False) -> Query:
    """Read a query. While somebody is `typing`, the last word stands for every word that begins with it."""
    read = text[:LONGEST_QUERY]
    shown = " ".join(read.split())
    terms: list[Term] = []
    authors: list[str] = []
    narrowed: dict[str, str | int] = {}
    for chunk in _CHUNK.finditer(read):
        field, phrase, word = chunk.groups()
        said = phrase if phrase is not None else word
        if field and _narrow(field.casefold(), said, authors, narrowed):
            continue
        words = words_of(chunk.group() if field else said)
        is_prefix = (
            typing and phrase is None and chunk.end() == len(read) and bool(words) and len(words[-1]) >= SHORTEST_PREFIX
        )
        if words and len(terms) < MOST_TERMS:
            terms.append(Term(words, is_prefix))
    sig, thread_id = narrowed.get("sig"), narrowed.get("in")
    return Query(
        text=shown,
        terms=tuple(dict.fromkeys(terms)),
        sig=sig if isinstance(sig, str) else None,
        authors=tuple(dict.fromkeys(authors))[:MOST_TERMS],
        thread_id=thread_id if isinstance(thread_id, int) else None,
    )


def _narrow(field: str, said: str, authors: list[str], narrowed: dict[str, str | int]) -> bool:
    """Read what narrows a query; False when it is none and has to be read as words."""
    if field == "author":
        authors += (words := words_of(said))
        return bool(words)
    if field == "in":
        if not (said.isascii() and said.isdigit() and int(said) <= _HIGHEST):
            return False
        narrowed["in"] = int(said)
        return True
    if said:
        narrowed["sig"] = said.casefold()
    return bool(said)
