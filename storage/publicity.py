"""The sitemap and robots.txt, worked out from what a visitor's ring opens now: whatever closes is gone with its commit.

Every address passes the decision of `domain.publicity` with which its page is answered. Parts span ranges of ids and
are read some rows at a time, so that memory stays small and nothing is counted or skipped over.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import EntryKind
from domain.publicity import (
    IDS_A_PART,
    LONGEST_ROBOTS,
    SitemapIndex,
    SitemapKind,
    SitemapLine,
    SitemapPart,
    community_path,
    part_name,
    person_path,
    publicity_of_person,
    publicity_of_thread,
    sig_path,
    thread_path,
)
from domain.views import SafeHtml
from domain.visibility import VISITOR
from storage.database import Database, fetch_all
from storage.key_sets import opens
from storage.plain_text import plain_text
from storage.tables import Community, Entry, Member, Post, Sig, Thread

IDS_A_TIME = 500
_HOUSE = ("/", "/about/terms", "/about/privacy", "/about/markdown", "/about/defaults")
_MOST_REFUSING = LONGEST_ROBOTS // len("Disallow: /people/")
"""More lines than these could never stand in robots.txt."""

_PUBLIC_ENTRY = (Entry.c.value != "") & opens(Entry.c.key_set_id, VISITOR.ring)
_PUBLIC_POST = Post.c.deleted_at.is_(None) & opens(Post.c.key_set_id, VISITOR.ring) & Post.c.number.is_not(None)
_PUBLIC_THREAD = opens(Thread.c.key_set_id, VISITOR.ring) & Thread.c.deleted_at.is_(None)

_PUBLIC_IDS: dict[SitemapKind, tuple[Any, Any]] = {
    SitemapKind.SIGS: (Sig.c.sig_id, opens(Sig.c.key_set_id, VISITOR.ring)),
    SitemapKind.PEOPLE: (Member.c.member_id, exists().where(Entry.c.member_id == Member.c.member_id, _PUBLIC_ENTRY)),
    SitemapKind.THREADS: (Thread.c.thread_id, _PUBLIC_THREAD),
}
"""SQL: the ids of each kind, and which of them a visitor may know."""


async def find_sitemap_index(database: Database) -> SitemapIndex:
    """The parts in which a visitor finds something; one statement a part."""
    names = [part_name(SitemapKind.PAGES, 1)]
    async with database.reading() as connection:
        for kind, (number, is_public) in _PUBLIC_IDS.items():
            part = 0
            while (next_id := await _next_id(connection, number, is_public, part * IDS_A_PART)) is not None:
                part = (next_id - 1) // IDS_A_PART + 1
                names.append(part_name(kind, part))
    return SitemapIndex(names=tuple(names))


async def _next_id(connection: AsyncConnection, number: Any, is_public: Any, after: int) -> int | None:
    statement = select(number).where(number > after, is_public).order_by(number).limit(1)
    found: int | None = (await connection.execute(statement)).scalar()
    return found


async def find_sitemap_part(database: Database, kind: SitemapKind, part: int) -> SitemapPart | None:
    """One part, the same for whoever asks; None when it does not stand in the index."""
    async with database.reading() as connection:
        if kind is SitemapKind.PAGES:
            return SitemapPart(lines=await _pages(connection)) if part == 1 else None
        number, is_public = _PUBLIC_IDS[kind]
        first = await _next_id(connection, number, is_public, (part - 1) * IDS_A_PART)
        if first is None or first > part * IDS_A_PART:
            return None
        some = _LISTS[kind]
        starts = range((part - 1) * IDS_A_PART, part * IDS_A_PART, IDS_A_TIME)
        lines = [line for after in starts if after + IDS_A_TIME >= first for line in await some(connection, after)]
    return SitemapPart(lines=tuple(lines))


async def _pages(connection: AsyncConnection) -> tuple[SitemapLine, ...]:
    public_sig = exists().where(Sig.c.community_id == Community.c.community_id, opens(Sig.c.key_set_id, VISITOR.ring))
    slugs = await connection.execute(select(Community.c.slug).where(public_sig).order_by(Community.c.community_id))
    paths = (*_HOUSE, *map(community_path, slugs.scalars()))
    return tuple(SitemapLine(path=path) for path in paths)


def _between(number: Any, after: int) -> Any:
    return number.between(after + 1, after + IDS_A_TIME)


async def _sigs(connection: AsyncConnection, after: int) -> list[SitemapLine]:
    """What a SIG is for, and the last post in it where a visitor may read that."""
    may_read = opens(Sig.c.content_key_set_id, VISITOR.ring).label("may_read")
    statement = select(Sig.c.slug, Sig.c.last_post_at, may_read).order_by(Sig.c.sig_id)
    statement = statement.where(_between(Sig.c.sig_id, after), opens(Sig.c.key_set_id, VISITOR.ring))
    return [
        SitemapLine(path=sig_path(row.slug), changed_at=row.last_post_at if row.may_read else None)
        for row in await fetch_all(connection, statement)
    ]


def _public_entries() -> Select[Any]:
    return (
        select(Member.c.member_id, Member.c.public_id, Member.c.refuses_ai_since, Entry.c.kind, Entry.c.changed_at)
        .join(Entry, Entry.c.member_id == Member.c.member_id)
        .where(_PUBLIC_ENTRY)
        .order_by(Member.c.member_id)
    )


async def _people(connection: AsyncConnection, after: int) -> list[SitemapLine]:
    """Pages with the newest change of an entry that is public now."""
    people: dict[int, list[Any]] = {}
    for row in await fetch_all(connection, _public_entries().where(_between(Member.c.member_id, after))):
        people.setdefault(row.member_id, []).append(row)
    empty = await _without_public_posts(connection, people)
    return [
        SitemapLine(path=person_path(rows[0].public_id), changed_at=max(row.changed_at for row in rows))
        for member_id, rows in people.items()
        if publicity_of_person(_kinds(rows, is_silent=member_id in empty), refuses_ai=False).is_indexable
    ]


_CONTRIBUTIONS = "contributions"


def _kinds(rows: Sequence[Any], *, is_silent: bool) -> frozenset[str]:
    """The kinds of entry in which a visitor finds something: a list of contributions may be open and empty."""
    return frozenset(row.kind for row in rows if not (is_silent and row.kind == _CONTRIBUTIONS))


async def _without_public_posts(connection: AsyncConnection, people: dict[int, list[Any]]) -> set[int]:
    """Who lets visitors see what they wrote, and wrote nothing that a visitor may read."""
    shown = {member_id for member_id, rows in people.items() if any(row.kind == _CONTRIBUTIONS for row in rows)}
    if not shown:
        return set()
    written = exists().where(
        Post.c.member_id == Member.c.member_id, _PUBLIC_POST, Thread.c.thread_id == Post.c.thread_id, _PUBLIC_THREAD
    )
    statement = select(Member.c.member_id).where(Member.c.member_id.in_(shown), written)
    return shown - set((await connection.execute(statement)).scalars())


async def _threads(connection: AsyncConnection, after: int) -> list[SitemapLine]:
    """Threads with the last post or edit among what a visitor reads."""
    statement = (
        select(
            Thread.c.thread_id,
            func.max(func.coalesce(Post.c.edited_at, Post.c.written_at), type_=Post.c.written_at.type).label("changed"),
            func.max(Post.c.number).label("last"),
        )
        .join(Post, Post.c.thread_id == Thread.c.thread_id)
        .where(_between(Thread.c.thread_id, after), _PUBLIC_THREAD, _PUBLIC_POST)
        .group_by(Thread.c.thread_id)
        .order_by(Thread.c.thread_id)
    )
    rows = await fetch_all(connection, statement)
    lengths = await _opening_lengths(connection, [row.thread_id for row in rows if row.last == 1])
    return [
        SitemapLine(path=thread_path(row.thread_id), changed_at=row.changed)
        for row in rows
        if publicity_of_thread(
            is_public=True, opening_length=lengths.get(row.thread_id, 0), has_reply=row.last > 1
        ).is_indexable
    ]


async def _opening_lengths(connection: AsyncConnection, thread_ids: list[int]) -> dict[int, int]:
    """Characters of text in the openings of threads that have nothing else."""
    if not thread_ids:
        return {}
    statement = select(Post.c.thread_id, Post.c.html).where(
        Post.c.thread_id.in_(thread_ids), Post.c.number == 1, _PUBLIC_POST
    )
    return {row.thread_id: len(plain_text(SafeHtml(row.html))) for row in await fetch_all(connection, statement)}


_LISTS = {SitemapKind.SIGS: _sigs, SitemapKind.PEOPLE: _people, SitemapKind.THREADS: _threads}


async def list_refusing(database: Database) -> tuple[str, ...]:
    """The addresses of public pages whose owners want no program to learn from them; as many as robots.txt can hold.

    Who hides their name is listed nowhere, and so not here: their page says it in its header.
    """
    named = exists().where(Entry.c.member_id == Member.c.member_id, Entry.c.kind == EntryKind.NAME, _PUBLIC_ENTRY)
    statement = select(Member.c.public_id).where(Member.c.refuses_ai_since.is_not(None), named)
    async with database.reading() as connection:
        found = await connection.execute(statement.order_by(Member.c.member_id).limit(_MOST_REFUSING))
        return tuple(person_path(address) for address in found.scalars())
