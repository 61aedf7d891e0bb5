"""SIGs that a viewer finds: by their name where its existence opens, by their description where that opens too.

There are few, so all that fit are read, and whether a document is still what its SIG says is worked out here.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.search import MOST_COUNTED, RESULTS_A_PAGE, FoundLine, SearchKind, excerpt_of, fits, pieces_of
from domain.sigs import Circle, chip_for_sig
from domain.visibility import Guarded, may_see, reveal
from storage.key_sets import parse_keys
from storage.search.asking import Asked
from storage.search.cursors import Cursor
from storage.search.documents import DocumentKind, stamp_of_sig
from storage.search.engines import Words
from storage.search.talk import Slice
from storage.tables import Document, KeySet, Sig

_DescriptionKeys = KeySet.table.alias()


@dataclass(frozen=True, slots=True)
class FoundSigs:
    """Every SIG that is found, in order, each with its place."""

    places: tuple[tuple[Cursor, Any], ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.places)


async def find_sigs(connection: AsyncConnection, asked: Asked) -> FoundSigs:
    """Every SIG that fits: by name first, then by description, each by the alphabet of their addresses."""
    if not asked.is_of_people:
        return FoundSigs()
    words = Words.of(connection)
    fitting = await connection.execute(_fitting(words), {DocumentKind.SIG: words.spell(asked.sigs())})
    rows = [row for row in fitting if row.stamp == stamp_of_sig(row.name, row.description)]
    ranked = ((0 if fits(row.name, asked.query) else 1, row) for row in rows)
    places = ((Cursor(rank, row.slug), row) for rank, row in ranked)
    return FoundSigs(tuple(sorted(places, key=lambda place: (place[0].rank, place[0].key))))


@cache
def _fitting(words: Words) -> Select[Any]:
    """SQL: the SIGs that fit by their documents, with what tells whether a document is still what its SIG says."""
    return (
        select(
            Sig.c.slug,
            Sig.c.name,
            Sig.c.description,
            Sig.c.reading,
            Document.c.stamp,
            KeySet.c.text.label("keys"),
            _DescriptionKeys.c.text.label("description_keys"),
        )
        .select_from(words.table)
        .join(Document.table, Document.c.document_id == words.document_id)
        .join(Sig.table, Sig.c.sig_id == Document.c.source_id)
        .join(KeySet.table, KeySet.c.key_set_id == Sig.c.key_set_id)
        .join(_DescriptionKeys, _DescriptionKeys.c.key_set_id == Sig.c.description_key_set_id)
        .where(
            words.match(DocumentKind.SIG),
            Document.c.kind == DocumentKind.SIG.value,
            Document.c.key_set_id == Sig.c.key_set_id,
            Document.c.body_key_set_id == Sig.c.description_key_set_id,
        )
        .limit(MOST_COUNTED)
    )


def page_of_sigs(asked: Asked, found: FoundSigs, before: Cursor | None) -> Slice:
    """One page of them."""
    later = [
        (place, row)
        for place, row in found.places
        if before is None or (place.rank, place.key) > (before.rank, before.key)
    ]
    shown = later[:RESULTS_A_PAGE]
    lines = tuple(line for _, row in shown if (line := _line(row, asked)) is not None)
    return Slice(lines, str(shown[-1][0]) if len(later) > RESULTS_A_PAGE else None)


def _line(row: Any, asked: Asked) -> FoundLine | None:
    ring, query = asked.viewer.ring, asked.query
    if not may_see(parse_keys(row.keys), ring):
        return None
    description = reveal(Guarded(row.description, parse_keys(row.description_keys)), ring)
    return FoundLine(
        kind=SearchKind.SIGS,
        address=f"/sigs/{row.slug}",
        title=pieces_of(row.name, query),
        excerpt=excerpt_of(description, query) if description else (),
        key=chip_for_sig(Circle(row.reading), row.name),
    )
