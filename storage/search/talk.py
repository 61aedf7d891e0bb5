"""Threads and replies that a viewer finds: which ones by the index, what is shown of them by their rows of now."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import PostKind
from domain.members import Person, SourceAuthor
from domain.search import MOST_COUNTED, RESULTS_A_PAGE, FoundLine, Query, SearchKind, excerpt_of, pieces_of
from domain.sigs import Circle, chip_for_sig
from domain.views import SafeHtml
from domain.visibility import Guarded, Viewer, may_see, reveal
from storage.forum.lists import byline
from storage.key_sets import parse_keys
from storage.members.people import find_people
from storage.plain_text import plain_text
from storage.search.asking import Asked
from storage.search.cursors import Cursor
from storage.search.documents import DocumentKind
from storage.search.engines import Words
from storage.search.expressions import Expression
from storage.tables import Document, KeySet, Post, Sig, Thread
from storage.tables import SourceAuthor as AuthorRow

_ThreadKeys = KeySet.table.alias()


@cache
def talk_found(words: Words, kind: DocumentKind, *, in_sig: bool) -> Select[Any]:
    """SQL: threads or replies that fit what is given under the name of their kind, in no order, and are what their
    sources are now, by every change that counts."""
    statement = (
        select(words.document_id.label("document_id"), Post.c.post_id)
        .select_from(words.table)
        .join(Document.table, Document.c.document_id == words.document_id)
        .join(Post.table, Post.c.post_id == Document.c.source_id)
        .join(Thread.table, Thread.c.thread_id == Post.c.thread_id)
        .where(
            words.match(kind),
            Document.c.kind == kind.value,
            Document.c.stamp == Post.c.version,
            Document.c.body_key_set_id == Post.c.key_set_id,
            Document.c.key_set_id == Thread.c.key_set_id,
            Thread.c.deleted_at.is_(None),
        )
    )
    if kind is DocumentKind.REPLY:
        statement = statement.where(Post.c.deleted_at.is_(None))
    return statement.where(Thread.c.sig_id == bindparam("sig_id")) if in_sig else statement


@cache
def _newest(words: Words, kind: DocumentKind, *, in_sig: bool, is_later: bool) -> Select[Any]:
    """SQL: the newest of them, on a later page from a place on."""
    statement = talk_found(words, kind, in_sig=in_sig).order_by(words.document_id.desc()).limit(bindparam("most"))
    return statement.where(words.document_id < bindparam("before")) if is_later else statement


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of results, and the cursor of the next; `count` is how many there are of all, where it became known."""

    found: tuple[FoundLine, ...] = ()
    older: str | None = None
    count: int | None = None


async def find_talk(connection: AsyncConnection, asked: Asked, kind: SearchKind, before: Cursor | None) -> Slice:
    """One page of threads or replies: those that fit by their title first, then the newest first. For the first page
    all are read as far as anybody counts, which is no more work than to count them."""
    titled = asked.threads() if kind is SearchKind.THREADS else None
    of = DocumentKind.THREAD if titled else DocumentKind.REPLY
    ranks = (titled.by_title, titled.otherwise) if titled else (None, asked.replies())
    found, most = list[tuple[int, Row[Any]]](), MOST_COUNTED if before is None else RESULTS_A_PAGE
    for rank, expression in enumerate(ranks):
        wanted = most + 1 - len(found)
        if expression is None or wanted <= 0 or (before is not None and before.rank > rank):
            continue
        later_than = before.number if before is not None and before.rank == rank else None
        rows = await _list_newest(connection, asked, of, expression, wanted, later_than)
        found += [(rank, row) for row in rows]
    shown = found[:RESULTS_A_PAGE]
    lines = await _lines(connection, asked, [row.post_id for _, row in shown])
    older = _cursor(*shown[-1]) if len(found) > RESULTS_A_PAGE else None
    return Slice(lines, older, len(found) if before is None else None)


def _cursor(rank: int, row: Row[Any]) -> str:
    return str(Cursor(rank, str(row.document_id)))


async def _list_newest(
    connection: AsyncConnection, asked: Asked, kind: DocumentKind, expression: Expression, most: int, before: int | None
) -> list[Row[Any]]:
    words = Words.of(connection)
    statement = _newest(words, kind, in_sig=asked.sig_id is not None, is_later=before is not None)
    values = {kind: words.spell(expression), "most": most, "before": before, "sig_id": asked.sig_id}
    return list((await connection.execute(statement, values)).all())


_SHOWN: Select[Any] = (
    select(
        Post.c.post_id,
        Post.c.thread_id,
        Post.c.kind,
        Post.c.member_id,
        Post.c.html,
        Post.c.written_at,
        Post.c.deleted_at,
        KeySet.c.text.label("keys"),
        _ThreadKeys.c.text.label("thread_keys"),
        Thread.c.title,
        Sig.c.slug,
        Sig.c.name,
        Sig.c.reading,
        AuthorRow.c.author_id,
        AuthorRow.c.name.label("author_name"),
        AuthorRow.c.source_url.label("author_url"),
    )
    .join(KeySet, KeySet.c.key_set_id == Post.c.key_set_id)
    .join(Thread, Thread.c.thread_id == Post.c.thread_id)
    .join(_ThreadKeys, _ThreadKeys.c.key_set_id == Thread.c.key_set_id)
    .join(Sig, Sig.c.sig_id == Thread.c.sig_id)
    .outerjoin(AuthorRow, AuthorRow.c.author_id == Post.c.author_id)
    .where(Post.c.post_id.in_(bindparam("post_ids", expanding=True)))
)


async def _lines(connection: AsyncConnection, asked: Asked, post_ids: list[int]) -> tuple[FoundLine, ...]:
    if not post_ids:
        return ()
    rows = {row.post_id: row for row in await connection.execute(_SHOWN, {"post_ids": post_ids})}
    people = await find_people(connection, {row.member_id for row in rows.values()} - {None})
    lines = (_line(rows[post_id], asked.query, people, asked.viewer) for post_id in post_ids if post_id in rows)
    return tuple(line for line in lines if line is not None)


def _line(row: Row[Any], query: Query, people: dict[int, Person], viewer: Viewer) -> FoundLine | None:
    """A post as this viewer gets it. The rule is asked once more, of the rows as they are now."""
    if not may_see(parse_keys(row.thread_keys), viewer.ring):
        return None
    html = reveal(Guarded(SafeHtml(row.html), parse_keys(row.keys)), viewer.ring)
    is_opening = row.kind == PostKind.OPENING
    if html is None and not is_opening:
        return None
    is_told = html is not None and row.deleted_at is None
    source = SourceAuthor(row.author_id, row.author_name, row.author_url) if row.author_id is not None else None
    return FoundLine(
        kind=SearchKind.THREADS if is_opening else SearchKind.REPLIES,
        address=f"/threads/{row.thread_id}" if is_opening else f"/posts/{row.post_id}",
        title=pieces_of(row.title, query),
        excerpt=excerpt_of(plain_text(html), query) if html is not None and is_told else (),
        author=byline(row.member_id, source, people, viewer.ring) if is_told else None,
        sig_slug=row.slug,
        sig_name=row.name,
        key=chip_for_sig(Circle(row.reading), row.name),
        at=row.written_at,
    )
