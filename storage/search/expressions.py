"""What is asked of the index: terms joined by and, or and but-not, printed for each engine.

A *term of the index* is a word or a key behind a letter that says what it is to its document (`Place`), so that one
list of terms holds title, body, keys and the rest apart on both engines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.search import Term
from domain.visibility import Key, Ring, block_mark


class Place(StrEnum):
    """What a word or key is to its document. `OPENS` and `OPENS_BODY` are keys."""

    THREAD_TITLE = "t"
    THREAD_BODY = "b"
    REPLY = "r"
    SOURCE_NAME = "a"
    WRITER = "w"
    SIG = "g"
    THREAD = "i"
    NAME = "n"
    ENTRY = "e"
    SIG_NAME = "s"
    SIG_BODY = "d"
    KIND = "y"
    OPENS = "f"
    OPENS_BODY = "k"


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of the index one behind the other; of a prefix, the last may go on."""

    texts: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """Every part."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One part at least; nothing where there is no part."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """The one and not the other."""

    these: "Expression"
    not_these: "Expression"


Expression = Terms | Every | Some | Without

NOTHING = Some(())


def key_term(key: Key) -> str:
    """A key as the index spells it: `sig7`."""
    return key.replace(":", "")


_MARK = str(block_mark(0))[:-1]


def opened_by(ring: Ring, place: Place) -> Expression:
    """That a key of the ring is among those at this place. Marks of blocks are no keys."""
    keys = (key for key in sorted(ring) if not key.startswith(_MARK))
    return Some(tuple(Terms((place + key_term(key),)) for key in keys))


def said_in(terms: Iterable[Term], *places: Place) -> tuple[Expression, ...]:
    """That each term stands at one of these places."""
    return tuple(
        Some(tuple(Terms(tuple(place + word for word in term.words), term.is_prefix) for place in places))
        for term in terms
    )


def for_sqlite(expression: Expression) -> str:
    """The expression for FTS5; empty where nothing can match."""
    match expression:
        case Terms(texts, is_prefix):
            return " + ".join(f'"{text}"' for text in texts) + (" *" if is_prefix else "")
        case Every(parts):
            return _joined([for_sqlite(part) for part in parts], " AND ", is_all=True)
        case Some(parts):
            return _joined([for_sqlite(part) for part in parts], " OR ", is_all=False)
        case Without(these, others):
            one, other = for_sqlite(these), for_sqlite(others)
            return f"({one} NOT {other})" if one and other else one


def for_postgresql(expression: Expression) -> str:
    """The expression as a tsquery; empty where nothing can match."""
    match expression:
        case Terms(texts, is_prefix):
            words = [f"'{text}'" for text in texts]
            phrase = " <-> ".join(words) + (":*" if is_prefix else "")
            return phrase if len(words) == 1 else f"({phrase})"
        case Every(parts):
            return _joined([for_postgresql(part) for part in parts], " & ", is_all=True)
        case Some(parts):
            return _joined([for_postgresql(part) for part in parts], " | ", is_all=False)
        case Without(these, others):
            one, other = for_postgresql(these), for_postgresql(others)
            return f"({one} & !{other})" if one and other else one


def _joined(parts: Sequence[str], sign: str, *, is_all: bool) -> str:
    """Parts with a sign between; a part that can match nothing spoils an `Every`, and is left out of a `Some`."""
    if is_all and not all(parts):
        return ""
    kept = [part for part in parts if part]
    return kept[0] if len(kept) == 1 else f"({sign.join(kept)})" if kept else ""
