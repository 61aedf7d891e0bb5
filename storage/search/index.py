"""Keeping the index: after events, after an import, and all of it at a command.

What is stale is found by comparing documents with their sources, so every run may end anywhere and the next goes on;
to index twice is to index once. Sources are read in the transaction that writes the documents.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import PostKind
from storage.database import Database, fetch_all
from storage.events import note
from storage.search.documents import (
    SEARCHED_KINDS,
    DocumentKind,
    Indexed,
    document_of_entry,
    document_of_sig,
    document_of_talk,
)
from storage.search.engines import drop_all_words, drop_words, gather_words, hold_index, put_words
from storage.tables import Document, Entry, KeySet, Post, Sig, SourceAuthor, Thread

Report = Callable[[str, int, int | None], None]

BATCH: Final = 200
"""Sources a transaction: others wait no longer than for these."""

SLICE: Final = 10
"""Batches for one event; what is left is asked for by the next, so that other events have their turn."""

_OtherKeys = KeySet.table.alias()


@dataclass(frozen=True, slots=True)
class Stage:
    """One kind of source: its name, what is read of it, its id, and how a row becomes a document."""

    name: str
    statement: Select[Any]
    source_id: ColumnElement[int]
    is_stale: ColumnElement[bool]
    is_there: Callable[[Any], bool]
    document: Callable[[Any], Indexed]
    key: Callable[[Any], tuple[DocumentKind, int]]


_IS_OPENING = Post.c.kind == PostKind.OPENING
_STANDS = and_(Post.c.number.is_not(None), Thread.c.deleted_at.is_(None), or_(_IS_OPENING, Post.c.deleted_at.is_(None)))


def _all_talk() -> Select[Any]:
    kind = case((_IS_OPENING, DocumentKind.THREAD.value), else_=DocumentKind.REPLY.value)
    return (
        select(
            Post.c.post_id,
            Post.c.thread_id,
            Post.c.kind,
            Post.c.member_id,
            Post.c.html,
            Post.c.version,
            Post.c.written_at,
            Post.c.deleted_at.label("post_deleted_at"),
            Post.c.key_set_id.label("post_key_set_id"),
            KeySet.c.text.label("post_keys"),
            Thread.c.sig_id,
            Thread.c.title,
            Thread.c.tag_names,
            Thread.c.key_set_id.label("thread_key_set_id"),
            _OtherKeys.c.text.label("thread_keys"),
            SourceAuthor.c.name.label("author_name"),
            _STANDS.label("is_there"),
        )
        .join(Thread, Thread.c.thread_id == Post.c.thread_id)
        .join(KeySet, KeySet.c.key_set_id == Post.c.key_set_id)
        .join(_OtherKeys, _OtherKeys.c.key_set_id == Thread.c.key_set_id)
        .outerjoin(SourceAuthor, SourceAuthor.c.author_id == Post.c.author_id)
        .outerjoin(Document, and_(Document.c.kind == kind, Document.c.source_id == Post.c.post_id))
    )


def _talk() -> Stage:
    same = and_(
        Document.c.stamp == Post.c.version,
        Document.c.key_set_id == Thread.c.key_set_id,
        Document.c.body_key_set_id == Post.c.key_set_id,
    )
    return Stage(
        "Index: talk",
        _all_talk(),
        Post.c.post_id,
        _stale(_STANDS, same),
        lambda row: bool(row.is_there),
        document_of_talk,
        lambda row: (DocumentKind.THREAD if row.kind == PostKind.OPENING else DocumentKind.REPLY, row.post_id),
    )


def _stale(is_there: ColumnElement[bool], same: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL: there is no document for what is there, or another one, or one for what is not."""
    indexed = Document.c.document_id.is_not(None)
    return or_(and_(is_there, or_(~indexed, ~same)), and_(~is_there, indexed))


def _entries() -> Stage:
    is_there = and_(Entry.c.kind.in_(SEARCHED_KINDS), Entry.c.value != "")
    same = and_(
        Document.c.stamp == type_coerce(Entry.c.changed_at, BigInteger), Document.c.key_set_id == Entry.c.key_set_id
    )
    statement = (
        select(
            Entry.c.entry_id,
            Entry.c.kind,
            Entry.c.value,
            Entry.c.changed_at,
            Entry.c.key_set_id,
            KeySet.c.text.label("keys"),
            is_there.label("is_there"),
        )
        .join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
        .outerjoin(
            Document, and_(Document.c.kind == DocumentKind.ENTRY.value, Document.c.source_id == Entry.c.entry_id)
        )
    )
    return Stage(
        "Index: people",
        statement,
        Entry.c.entry_id,
        _stale(is_there, same),
        lambda row: bool(row.is_there),
        document_of_entry,
        lambda row: (DocumentKind.ENTRY, row.entry_id),
    )


def _sigs() -> Stage:
    statement = (
        select(
            Sig.c.sig_id,
            Sig.c.name,
            Sig.c.description,
            Sig.c.key_set_id,
            Sig.c.description_key_set_id,
            KeySet.c.text.label("keys"),
            _OtherKeys.c.text.label("description_keys"),
        )
        .join(KeySet, KeySet.c.key_set_id == Sig.c.key_set_id)
        .join(_OtherKeys, _OtherKeys.c.key_set_id == Sig.c.description_key_set_id)
    )
    return Stage(
        "Index: SIGs",
        statement,
        Sig.c.sig_id,
        true(),
        lambda _row: True,
        document_of_sig,
        lambda row: (DocumentKind.SIG, row.sig_id),
    )


TALK, PEOPLE, SIGS = STAGES = (_talk(), _entries(), _sigs())


async def _index_batch(
    database: Database, stage: Stage, after: int, which: ColumnElement[bool], *, anew: bool = False
) -> int | None:
    """Index so many sources behind an id; gives the last of them, None when there were no more."""
    wanted = stage.statement.where(stage.source_id > after, which)
    if not anew:
        wanted = wanted.where(stage.is_stale)
    async with database.writing() as connection:
        await hold_index(connection)
        rows = await fetch_all(connection, wanted.order_by(stage.source_id).limit(BATCH))
        gone = [stage.key(row) for row in rows if not stage.is_there(row)]
        await _write(connection, [stage.document(row) for row in rows if stage.is_there(row)], gone)
    return rows[-1]._mapping[stage.source_id] if len(rows) == BATCH else None  # noqa: SLF001 -- public in the library


async def _write(
    connection: AsyncConnection, documents: Sequence[Indexed], gone: Iterable[tuple[DocumentKind, int]]
) -> None:
    """Put documents into the index, in place of what was there of their sources, and take out what is gone."""
    before = await _find_ids(connection, [(one.kind, one.source_id) for one in documents] + list(gone))
    ids = await _choose_ids(connection, documents, before)
    kept = set(ids)
    left = [document_id for document_id in before.values() if document_id not in kept]
    await drop_words(connection, left)
    if before:
        await connection.execute(delete(Document).where(Document.c.document_id.in_(before.values())))
    rows = [
        {
            "document_id": document_id,
            "kind": one.kind.value,
            "source_id": one.source_id,
            "stamp": one.stamp,
            "key_set_id": one.key_set_id,
            "body_key_set_id": one.body_key_set_id,
        }
        for one, document_id in zip(documents, ids, strict=True)
    ]
    if rows:
        await connection.execute(insert(Document), rows)
    await put_words(connection, [(document_id, one.terms) for one, document_id in zip(documents, ids, strict=True)])


async def _find_ids(
    connection: AsyncConnection, keys: Sequence[tuple[DocumentKind, int]]
) -> dict[tuple[DocumentKind, int], int]:
    found: dict[tuple[DocumentKind, int], int] = {}
    for kind in DocumentKind:
        sources = [source_id for of, source_id in keys if of is kind]
        if sources:
            columns = select(Document.c.source_id, Document.c.document_id)
            rows = await fetch_all(
                connection, columns.where(Document.c.kind == kind.value, Document.c.source_id.in_(sources))
            )
            found |= {(kind, row.source_id): row.document_id for row in rows}
    return found


async def _choose_ids(
    connection: AsyncConnection, documents: Sequence[Indexed], before: dict[tuple[DocumentKind, int], int]
) -> list[int]:
    """The id of each document: its own, or the next one that nobody else has."""
    wanted = [one.document_id for one in documents]
    held = select(Document.c.document_id).where(Document.c.document_id.in_(wanted))
    taken = set((await connection.execute(held)).scalars()) - set(before.values()) if wanted else set()
    ids = []
    for document_id in wanted:
        while document_id in taken:
            document_id = await _next_free(connection, document_id, taken)  # noqa: PLW2901 -- until one is free
        taken.add(document_id)
        ids.append(document_id)
    return ids


async def _next_free(connection: AsyncConnection, document_id: int, taken: set[int]) -> int:
    """The next id that neither this batch nor a document has. Two posts of one millisecond rarely ask for it."""
    following = document_id + 1
    while (
        following in taken
        or (await connection.execute(select(func.count()).where(Document.c.document_id == following))).scalar_one()
    ):
        following += 1
    return following


async def _index_all(database: Database, stage: Stage, which: ColumnElement[bool], *, anew: bool = False) -> None:
    after: int | None = 0
    while after is not None:
        after = await _index_batch(database, stage, after, which, anew=anew)


async def index_post(database: Database, post_id: int) -> None:
    """Bring the document of one post into step."""
    await _index_all(database, TALK, Post.c.post_id == post_id)


async def index_thread(database: Database, thread_id: int, *, anew: bool = False) -> None:
    """Bring the documents of a thread and its replies into step."""
    await _index_all(database, TALK, Post.c.thread_id == thread_id, anew=anew)


async def index_member(database: Database, member_id: int) -> None:
    """Bring the documents of a member's entries into step."""
    await _index_all(database, PEOPLE, Entry.c.member_id == member_id)


async def index_sig(database: Database, sig_id: int, now: datetime) -> None:
    """Bring the document of a SIG into step, and ask for what is said in it: who reads it may have changed."""
    await _index_all(database, SIGS, Sig.c.sig_id == sig_id)
    async with database.writing() as connection:
        await ask_for_index(connection, now, sig_id=sig_id)


async def ask_for_index(
    connection: AsyncConnection, now: datetime, *, sig_id: int = 0, stage: int = 0, after: int = 0
) -> None:
    """Ask the worker to bring the index into step: all of it, or what is said in one SIG."""
    await note(connection, "index.asked", now, stage=stage, after=after, sig_id=sig_id)


async def index_slice(database: Database, now: datetime, *, sig_id: int = 0, stage: int = 0, after: int = 0) -> None:
    """Bring a part of the index into step, and ask for the next."""
    which = Thread.c.sig_id == sig_id if sig_id else true()
    going_on: int | None = after
    for _ in range(SLICE):
        going_on = await _index_batch(database, STAGES[stage], going_on or 0, which, anew=False)
        if going_on is None:
            break
    last = len(STAGES) - 1 if not sig_id else 0
    if going_on is None and stage == last:
        return
    following = (stage, going_on) if going_on is not None else (stage + 1, 0)
    async with database.writing() as connection:
        await ask_for_index(connection, now, sig_id=sig_id, stage=following[0], after=following[1])


async def index_everything(database: Database, report: Report | None = None, *, anew: bool = False) -> None:
    """Bring the whole index into step; `anew` forgets it first. Ended halfway, the next run goes on."""
    if anew:
        async with database.writing() as connection:
            await hold_index(connection)
            await drop_all_words(connection)
            await connection.execute(delete(Document))
    for stage in STAGES:
        done = 0
        going_on: int | None = 0
        while going_on is not None:
            going_on = await _index_batch(database, stage, going_on, true())
            done += BATCH
            if report:
                report(stage.name, done, None)
    is_first = is_more = True
    while is_more:
        async with database.writing() as connection:
            is_more = await gather_words(connection, is_first=is_first)
        is_first = False
