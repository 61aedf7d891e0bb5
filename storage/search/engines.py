"""The words of the documents on each engine: an FTS5 table without content, or a tsvector of our own making.

Both hold the same terms at the same places, made by `domain.search.reading`; neither engine reads, stems or ranks.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Text, cast, column, literal, table, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.search import FILLER
from storage.search.expressions import Expression, for_postgresql, for_sqlite

_FTS = table("document_words", column("rowid"), column("document_words"))
_VECTORS = table("document_words", column("document_id"), column("words"))

_INDEXING = 4_004_004_004
"""The advisory lock under which PostgreSQL's documents are written; SQLite has one writer anyway."""


class Words:
    """The words of documents on the engine of this connection, to select from and to match."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.is_sqlite = connection.dialect.name == "sqlite"
        self.table = _FTS if self.is_sqlite else _VECTORS
        self.document_id: ColumnElement[int] = _FTS.c.rowid if self.is_sqlite else _VECTORS.c.document_id

    def match(self, expression: Expression) -> ColumnElement[bool]:
        """SQL: the document's terms are as the expression wants them. One parameter, whatever is asked."""
        if self.is_sqlite:
            asked = for_sqlite(expression) or f'"{FILLER}"'  # which stands in no document without a letter before it
            return _FTS.c.document_words.op("MATCH", is_comparison=True)(literal(asked, Text))
        asked = for_postgresql(expression) or f"'{FILLER}'"
        return _VECTORS.c.words.op("@@", is_comparison=True)(cast(literal(asked, Text), TSQUERY))


async def hold_index(connection: AsyncConnection) -> None:
    """Write documents one transaction after the other, so that a slow one never puts back what was."""
    if connection.dialect.name != "sqlite":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _INDEXING})


async def put_words(connection: AsyncConnection, rows: Sequence[tuple[int, Sequence[Sequence[str]]]]) -> None:
    """Store the terms of documents by id, in place of what was there. Each document has lists of terms; those of one
    list stand one behind the other."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        statement = text("INSERT OR REPLACE INTO document_words (rowid, words) VALUES (:document_id, :words)")
        spelt = [(document_id, " ".join(term for terms in lists for term in terms)) for document_id, lists in rows]
    else:
        statement = text(
            "INSERT INTO document_words (document_id, words) VALUES (:document_id, CAST(CAST(:words AS TEXT) AS"
            " TSVECTOR)) ON CONFLICT (document_id) DO UPDATE SET words = excluded.words"
        )
        spelt = [(document_id, " ".join(_vector(lists))) for document_id, lists in rows]
    await connection.execute(statement, [{"document_id": number, "words": words} for number, words in spelt])


def _vector(lists: Sequence[Sequence[str]]) -> Iterable[str]:
    """The terms as PostgreSQL writes a vector: each with its places in its list."""
    for terms in lists:
        places: dict[str, list[int]] = {}
        for place, term in enumerate(terms, start=1):
            places.setdefault(term, []).append(place)
        for term, found in places.items():
            if FILLER not in term:
                yield f"'{term}':{','.join(map(str, found))}"


async def drop_words(connection: AsyncConnection, document_ids: Sequence[int]) -> None:
    """Forget the terms of these documents."""
    if not document_ids:
        return
    name = "rowid" if connection.dialect.name == "sqlite" else "document_id"
    statement = text(f"DELETE FROM document_words WHERE {name} = :document_id")  # noqa: S608 -- one of two names
    await connection.execute(statement, [{"document_id": number} for number in document_ids])


async def drop_all_words(connection: AsyncConnection) -> None:
    """Forget every term there is."""
    is_sqlite = connection.dialect.name == "sqlite"
    await connection.execute(
        text("INSERT INTO document_words (document_words) VALUES ('delete-all')")
        if is_sqlite
        else text("DELETE FROM document_words")
    )
