"""People that a viewer finds: by what the viewer may see of them, and only where their name opens.

Every term must match some entry, not all the same one; between two people with a block only what is public counts. The
order (name first, then by address, which was drawn by lot) tells nothing of what is hidden. Who has opted out is found
by nobody, not by themselves either, from the next request on: not by results, counts, `author:` or completion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, intersect, literal, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import EntryKind, MemberLine, line_of_member
from domain.search import (
    COMPLETIONS_SHOWN,
    RESULTS_A_PAGE,
    FoundLine,
    Query,
    SearchKind,
    Term,
    excerpt_of,
    hits_in,
    pieces_of,
)
from domain.visibility import Guarded, Ring, Viewer, block_mark, reveal, ring_towards
from storage.database import fetch_all
from storage.key_sets import RING, opens, opens_towards, parse_keys
from storage.members.people import find_people
from storage.search.asking import Asked
from storage.search.cursors import Cursor
from storage.search.documents import SEARCHED_KINDS, DocumentKind, entry_text
from storage.search.engines import Words
from storage.search.expressions import Every, Expression, Place, opened_by, said_in
from storage.search.talk import Slice
from storage.tables import Document, Entry, KeySet, Member

_Name = Entry.table.alias()

MOST_AUTHORS = 200
"""People of one name whose posts `author:` brings together."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """For whom a statement is built: on which engine, and whether there are blocks to heed."""

    words: Words
    has_blocks: bool

    @classmethod
    def of(cls, words: Words, ring: Ring) -> "_Asking":
        return cls(words, any(key.startswith(_MARK) for key in ring))

    def opens_towards(self, member_id: Any, key_set_id: Any) -> ColumnElement[bool]:
        """SQL: the ring opens what is this member's, of whom a block leaves what is public."""
        return opens_towards(member_id, key_set_id, RING) if self.has_blocks else opens(key_set_id, RING)


_MARK = str(block_mark(0))[:-1]


def _who_say(asking: _Asking, name: str) -> Select[Any]:
    """SQL: the members of whom an entry fits what is given under this name. The index has asked the ring already."""
    words = asking.words
    statement = (
        select(Entry.c.member_id)
        .select_from(words.table)
        .join(Document.table, Document.c.document_id == words.document_id)
        .join(Entry.table, Entry.c.entry_id == Document.c.source_id)
        .where(
            words.match(name),
            Document.c.kind == DocumentKind.ENTRY.value,
            Document.c.stamp == type_coerce(Entry.c.changed_at, BigInteger),
            Document.c.key_set_id == Entry.c.key_set_id,
        )
    )
    if asking.has_blocks:
        statement = statement.where(asking.opens_towards(Entry.c.member_id, Entry.c.key_set_id))
    return statement


def _named(asking: _Asking) -> Select[Any]:
    """SQL: the members whose name the ring opens, but for those who want to be found by nobody."""
    return (
        select(Member.c.member_id, Member.c.public_id)
        .join(_Name, and_(_Name.c.member_id == Member.c.member_id, _Name.c.kind == EntryKind.NAME))
        .where(_Name.c.value != "", asking.opens_towards(Member.c.member_id, _Name.c.key_set_id))
        .where(Member.c.unsearched_since.is_(None))
    )


@cache
def _found(asking: _Asking, terms: int) -> Select[Any]:
    """SQL: the members who fit every term and whose name opens, in no order."""
    fitting = [_who_say(asking, f"{_TERM}{number}") for number in range(terms)]
    who = fitting[0] if len(fitting) == 1 else intersect(*fitting)
    return _named(asking).where(Member.c.member_id.in_(who))


@cache
def _by_name(asking: _Asking) -> Select[Any]:
    """SQL: the members whose name fits and opens, by their addresses."""
    return _named(asking).where(Member.c.member_id.in_(_who_say(asking, _NAME))).order_by(Member.c.public_id)


_TERM, _NAME = "person", "person_name"


def people_found(words: Words, asked: Asked) -> Select[Any]:
    """SQL: everybody who is found, in no order; `values_of_people` says by what."""
    return _found(_Asking.of(words, asked.viewer.ring), len(asked.query.terms))


def values_of_people(words: Words, asked: Asked) -> dict[str, Any]:
    """What `people_found` is to be given."""
    ring = asked.viewer.ring
    fitting = (_said_by(words, ring, said_in([term], Place.NAME, Place.ENTRY)) for term in asked.query.terms)
    return {"ring": ring} | {f"{_TERM}{number}": spelt for number, spelt in enumerate(fitting)}


def _values_of_name(words: Words, ring: Ring, terms: Sequence[Term]) -> dict[str, Any]:
    return {"ring": ring, _NAME: _said_by(words, ring, said_in(terms, Place.NAME))}


def _said_by(words: Words, ring: Ring, said: Sequence[Expression]) -> str:
    return words.spell(Every((*said, opened_by(ring, Place.OPENS))))


async def find_people_page(connection: AsyncConnection, asked: Asked, before: Cursor | None) -> Slice:
    """One page of people."""
    words, ring = Words.of(connection), asked.viewer.ring
    by_name = Member.c.member_id.in_(_who_say(_Asking.of(words, ring), _NAME))
    rank = case((by_name, literal(0)), else_=literal(1))
    statement = people_found(words, asked).add_columns(rank.label("rank"))
    if before is not None:
        statement = statement.where(or_(rank > before.rank, and_(rank == before.rank, Member.c.public_id > before.key)))
    ordered = statement.order_by(rank, Member.c.public_id).limit(RESULTS_A_PAGE + 1)
    values = values_of_people(words, asked) | _values_of_name(words, ring, asked.query.terms)
    rows = (await connection.execute(ordered, values)).all()
    shown = rows[:RESULTS_A_PAGE]
    lines = await _lines(connection, asked, [row.member_id for row in shown])
    older = str(Cursor(shown[-1].rank, shown[-1].public_id)) if len(rows) > RESULTS_A_PAGE else None
    return Slice(lines, older)


async def _lines(connection: AsyncConnection, asked: Asked, member_ids: Sequence[int]) -> tuple[FoundLine, ...]:
    if not member_ids:
        return ()
    ring = asked.viewer.ring
    people = await find_people(connection, member_ids)
    said = await _list_entries(connection, member_ids, ring)
    found = []
    for member_id in member_ids:
        line = line_of_member(people[member_id], ring)
        if line.name is not None:
            found.append(_line(line, said.get(member_id, ()), asked.query))
    return tuple(found)


async def _list_entries(
    connection: AsyncConnection, member_ids: Sequence[int], ring: Ring
) -> dict[int, list[tuple[EntryKind, str]]]:
    """What these people say, as far as this ring opens it, in the order of their pages."""
    statement = (
        select(Entry.c.member_id, Entry.c.kind, Entry.c.value, KeySet.c.text.label("keys"))
        .join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
        .where(Entry.c.member_id.in_(member_ids), Entry.c.kind.in_(SEARCHED_KINDS), Entry.c.value != "")
        .order_by(Entry.c.position, Entry.c.entry_id)
    )
    found: dict[int, list[tuple[EntryKind, str]]] = {}
    for member_id, kind, value, keys in await fetch_all(connection, statement):
        opened = reveal(Guarded(value, parse_keys(keys)), ring_towards(ring, member_id))
        if opened is not None:
            found.setdefault(member_id, []).append((EntryKind(kind), entry_text(EntryKind(kind), opened)))
    return {member_id: sorted(said, key=_in_order_of_page) for member_id, said in found.items()}


def _in_order_of_page(said: tuple[EntryKind, str]) -> int:
    return SEARCHED_KINDS.index(said[0])


def _line(line: MemberLine, said: Sequence[tuple[EntryKind, str]], query: Query) -> FoundLine:
    """A person with the first line of theirs that the query hits, beside their name and profession."""
    shown = {EntryKind.NAME, EntryKind.PROFESSION}
    hit = next(((kind, text) for kind, text in said if kind not in shown and hits_in(text, query)), None)
    profession = pieces_of(line.profession, query) if line.profession else ()
    return FoundLine(
        kind=SearchKind.PEOPLE,
        address=f"/people/{line.address}",
        title=pieces_of(line.name or "", query),
        excerpt=excerpt_of(hit[1], query) if hit else profession,
        author=line,
        entry=hit[0] if hit else None,
    )


async def find_writers(connection: AsyncConnection, viewer: Viewer, words: Sequence[str]) -> tuple[int, ...]:
    """The ids of members whose name, as far as this viewer sees it, has all these words."""
    statement = _by_name(_Asking.of(Words.of(connection), viewer.ring)).limit(MOST_AUTHORS)
    values = _values_of_name(Words.of(connection), viewer.ring, [Term((word,)) for word in words])
    return tuple((await connection.execute(statement, values)).scalars())


async def find_by_name(
    connection: AsyncConnection, viewer: Viewer, query: Query, *, for_mention: bool
) -> tuple[MemberLine, ...]:
    """The first people whose name fits, by the alphabet; for a mention not oneself, and nobody blocked."""
    if not query.terms:
        return ()
    words = Words.of(connection)
    statement = _by_name(_Asking.of(words, viewer.ring)).where(*(_others(viewer) if for_mention else ()))
    values = _values_of_name(words, viewer.ring, query.terms)
    found = (await connection.execute(statement.limit(COMPLETIONS_SHOWN), values)).scalars()
    people = await find_people(connection, list(found))
    lines = (line_of_member(person, viewer.ring) for person in people.values())
    return tuple(sorted((line for line in lines if line.name is not None), key=_alphabetical))


def _others(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    blocked = [int(key.removeprefix(_MARK)) for key in viewer.ring if key.startswith(_MARK)]
    return (Member.c.member_id.not_in([*blocked, viewer.member_id or 0]),)


def _alphabetical(line: MemberLine) -> tuple[str, str]:
    return (line.name or "").casefold(), line.tile
