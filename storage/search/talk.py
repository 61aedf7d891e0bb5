"""Threads and replies that a viewer finds: which ones by the index, what is shown of them by their rows of now."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import PostKind
from domain.members import Person, SourceAuthor
from domain.search import RESULTS_A_PAGE, FoundLine, Query, SearchKind, excerpt_of, pieces_of
from domain.sigs import Circle, chip_for_sig
from domain.views import SafeHtml
from domain.visibility import Guarded, Viewer, may_see, reveal
from storage.database import fetch_all
from storage.forum.lists import byline
from storage.key_sets import parse_keys
from storage.members.people import find_people
from storage.plain_text import plain_text
from storage.search.asking import Asked, both
from storage.search.cursors import Cursor
from storage.search.documents import DocumentKind
from storage.search.engines import Words
from storage.search.expressions import Expression
from storage.tables import Document, KeySet, Post, Sig, Thread
from storage.tables import SourceAuthor as AuthorRow

_ThreadKeys = KeySet.table.alias()


def _standing(words: Words, kind: DocumentKind, asked: Asked, expression: Expression) -> Select[Any]:
    """SQL: documents that fit and are what their sources are now, by every change that counts."""
    statement = (
        select(words.document_id.label("document_id"), Post.c.post_id)
        .select_from(words.table)
        .join(Document.table, Document.c.document_id == words.document_id)
        .join(Post.table, Post.c.post_id == Document.c.source_id)
        .join(Thread.table, Thread.c.thread_id == Post.c.thread_id)
        .where(
            words.match(expression),
            Document.c.kind == kind.value,
            Document.c.stamp == Post.c.version,
            Document.c.body_key_set_id == Post.c.key_set_id,
            Document.c.key_set_id == Thread.c.key_set_id,
            Thread.c.deleted_at.is_(None),
        )
    )
    if kind is DocumentKind.REPLY:
        statement = statement.where(Post.c.deleted_at.is_(None))
    if asked.sig_id is not None:
        statement = statement.where(Thread.c.sig_id == asked.sig_id)
    return statement


def threads_found(words: Words, asked: Asked) -> Select[Any]:
    """SQL: every thread that is found, in no order."""
    return _standing(words, DocumentKind.THREAD, asked, both(*asked.threads()))


def replies_found(words: Words, asked: Asked) -> Select[Any]:
    """SQL: every reply that is found, in no order."""
    return _standing(words, DocumentKind.REPLY, asked, asked.replies())


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of results, and the cursor of the next."""

    found: tuple[FoundLine, ...] = ()
    older: str | None = None


async def find_talk(connection: AsyncConnection, asked: Asked, kind: SearchKind, before: Cursor | None) -> Slice:
    """One page of threads or replies: those that fit by their title first, then the newest first."""
    titled, other = asked.threads() if kind is SearchKind.THREADS else (None, asked.replies())
    of = DocumentKind.THREAD if kind is SearchKind.THREADS else DocumentKind.REPLY
    words, places = Words(connection), list[tuple[Cursor, int]]()
    for rank, expression in ((0, titled), (1, other)):
        wanted = RESULTS_A_PAGE + 1 - len(places)
        if expression is None or wanted <= 0 or (before is not None and before.rank > rank):
            continue
        statement = _standing(words, of, asked, expression)
        if before is not None and before.rank == rank:
            statement = statement.where(words.document_id < before.number)
        newest_first = statement.order_by(words.document_id.desc()).limit(wanted)
        rows = await fetch_all(connection, newest_first)
        places += [(Cursor(rank, str(row.document_id)), row.post_id) for row in rows]
    shown = places[:RESULTS_A_PAGE]
    lines = await _lines(connection, asked, [post_id for _, post_id in shown])
    return Slice(lines, str(shown[-1][0]) if len(places) > RESULTS_A_PAGE else None)


async def _lines(connection: AsyncConnection, asked: Asked, post_ids: list[int]) -> tuple[FoundLine, ...]:
    if not post_ids:
        return ()
    statement = (
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
        .where(Post.c.post_id.in_(post_ids))
    )
    rows = {row.post_id: row for row in await fetch_all(connection, statement)}
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
