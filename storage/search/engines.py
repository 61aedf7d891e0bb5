"""The words of the documents on each engine: an FTS5 table without content, or a tsvector of our own making.

Both hold the same terms at the same places, made by `domain.search.reading`; neither engine reads, stems or ranks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, TableClause, Text, bindparam, cast, column, func, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.search import FILLER
from storage.search.expressions import Expression, for_postgresql, for_sqlite

_FTS = table("document_words", column("rowid"), column("document_words"))
_VECTORS = table("document_words", column("document_id"), column("words"))

_INDEXING = 4_004_004_004
"""The advisory lock under which PostgreSQL's documents are written; SQLite has one writer anyway."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of documents on one engine, to select from and to match. Statements are built once for each of the two,
    because building one takes about as long as answering it."""

    is_sqlite: bool

    @classmethod
    def of(cls, connection: AsyncConnection) -> "Words":
        """Those on the engine of this connection."""
        return cls(connection.dialect.name == "sqlite")

    @property
    def table(self) -> TableClause:
        """The table of the words."""
        return _FTS if self.is_sqlite else _VECTORS

    @property
    def document_id(self) -> ColumnElement[int]:
        """Whose words they are."""
        return _FTS.c.rowid if self.is_sqlite else _VECTORS.c.document_id

    def match(self, name: str) -> ColumnElement[bool]:
        """SQL: the document's terms are as the expression wants them that is given under this name, as `spell` has it.
        One parameter, whatever is asked."""
        asked = bindparam(name, type_=Text)
        if self.is_sqlite:
            return _FTS.c.document_words.op("MATCH", is_comparison=True)(asked)
        return _VECTORS.c.words.op("@@", is_comparison=True)(cast(asked, TSQUERY))

    def spell(self, expression: Expression) -> str:
        """The expression as this engine reads it; where nothing can match, what stands in no document without a letter
        before it."""
        if self.is_sqlite:
            return for_sqlite(expression) or f'"{FILLER}"'
        return for_postgresql(expression) or f"'{FILLER}'"


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


async def gather_words(connection: AsyncConnection, *, is_first: bool) -> bool:
    """Put together a part of what FTS5 has written in pieces, because every term of a question is looked up in each of
    them; gives whether there may be more. PostgreSQL's index is in one piece."""
    if connection.dialect.name != "sqlite":
        return False
    changes = select(func.total_changes())
    before = (await connection.execute(changes)).scalar_one()
    merging = text("INSERT INTO document_words (document_words, rank) VALUES ('merge', :pages)")
    await connection.execute(merging, {"pages": -_PAGES if is_first else _PAGES})
    after = (await connection.execute(changes)).scalar_one()
    return bool(after - before >= _LEAST)


_PAGES: Final = 500
"""Pages of words that are put together in one transaction: a tenth of a second's work."""

_LEAST: Final = 2
"""Changes by which FTS5 shows that it has put something together; the command itself is one."""
