"""What stands in feeds: the newest threads of a SIG, and posts of a thread or a person, as one ring opens them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.feeds import ENTRIES_A_FEED, FeedEntry, FeedPage
from domain.members import EntryKind, SourceAuthor, line_of_member
from domain.publicity import person_path, sig_path, thread_path
from domain.refusals import Reason, Refused
from domain.views import SafeHtml
from domain.visibility import Viewer, ring_towards
from storage.database import Database, fetch_all, fetch_one
from storage.forum.lists import byline
from storage.key_sets import opens, opens_towards
from storage.members.exposures import was_public
from storage.members.people import find_people
from storage.tables import Entry, Member, Participant, Post, Sig, Thread
from storage.tables import SourceAuthor as AuthorRow


def _visible_posts(viewer: Viewer) -> Select[Any]:
    return (
        select(
            Post.c.post_id,
            Post.c.number,
            Post.c.member_id,
            Post.c.html,
            Post.c.written_at,
            Post.c.edited_at,
            Thread.c.thread_id,
            Thread.c.title,
            Thread.c.last_post_at,
            Participant.c.number.label("participant"),
            AuthorRow.c.author_id,
            AuthorRow.c.name.label("author_name"),
            AuthorRow.c.source_url.label("author_url"),
        )
        .join(Thread, Thread.c.thread_id == Post.c.thread_id)
        .outerjoin(
            Participant, (Participant.c.thread_id == Post.c.thread_id) & (Participant.c.member_id == Post.c.member_id)
        )
        .outerjoin(AuthorRow, AuthorRow.c.author_id == Post.c.author_id)
        .where(
            opens(Thread.c.key_set_id, viewer.ring),
            opens(Post.c.key_set_id, viewer.ring),
            Thread.c.deleted_at.is_(None),
            Thread.c.hidden_at.is_(None),
            Post.c.deleted_at.is_(None),
            Post.c.hidden_at.is_(None),
            Post.c.number.is_not(None),
        )
        .limit(ENTRIES_A_FEED)
    )


async def find_sig_feed(database: Database, viewer: Viewer, slug: str) -> FeedPage | None:
    """The threads of a SIG with the newest talk, each with its opening; None for who may not read them."""
    finding = select(Sig.c.sig_id, Sig.c.slug, Sig.c.name, Sig.c.created_at).where(
        Sig.c.slug == slug, opens(Sig.c.key_set_id, viewer.ring), opens(Sig.c.content_key_set_id, viewer.ring)
    )
    async with database.reading() as connection:
        sig = await fetch_one(connection, finding)
        if sig is None:
            return None
        openings = _visible_posts(viewer).where(Post.c.number == 1, Thread.c.sig_id == sig.sig_id)
        newest = openings.order_by(Thread.c.last_post_at.desc(), Thread.c.thread_id.desc())
        entries = await _entries(connection, viewer, await fetch_all(connection, newest), of_threads=True)
    return FeedPage(
        reference=f"sig:{sig.sig_id}",
        title=sig.name,
        person=None,
        path=sig_path(slug),
        self_path=f"{sig_path(slug)}/feed",
        updated_at=max((entry.updated_at for entry in entries), default=sig.created_at),
        entries=entries,
    )


async def find_thread_feed(database: Database, viewer: Viewer, thread_id: int) -> FeedPage | None:
    """The newest posts of a thread; None when it is unknown or hidden."""
    finding = select(Thread.c.title, Thread.c.started_at).where(
        Thread.c.thread_id == thread_id,
        *(when.is_(None) for when in (Thread.c.deleted_at, Thread.c.hidden_at, Thread.c.held_at)),
        opens(Thread.c.key_set_id, viewer.ring),
    )
    async with database.reading() as connection:
        thread = await fetch_one(connection, finding)
        if thread is None:
            return None
        newest = _visible_posts(viewer).where(Post.c.thread_id == thread_id).order_by(Post.c.number.desc())
        entries = await _entries(connection, viewer, await fetch_all(connection, newest))
    return FeedPage(
        reference=f"thread:{thread_id}",
        title=thread.title,
        person=None,
        path=thread_path(thread_id),
        self_path=f"{thread_path(thread_id)}/feed",
        updated_at=max((entry.updated_at for entry in entries), default=thread.started_at),
        entries=entries,
    )


async def find_person_feed(database: Database, viewer: Viewer, address: str) -> FeedPage | Refused:
    """What a person wrote where the viewer may read; refused unless their page shows the viewer a name and this."""
    async with database.reading() as connection:
        shown = await open_person_feed(connection, viewer, address)
        if isinstance(shown, Refused):
            return shown
        towards = replace(viewer, ring=ring_towards(viewer.ring, shown.member_id))
        theirs = _visible_posts(towards).where(Post.c.member_id == shown.member_id).order_by(Post.c.post_id.desc())
        entries = await _entries(connection, viewer, await fetch_all(connection, theirs))
        people = await find_people(connection, [shown.member_id])
    return FeedPage(
        reference=f"person:{address}",
        title=None,
        person=line_of_member(people[shown.member_id], viewer.ring),
        path=person_path(address),
        self_path=f"{person_path(address)}/feed",
        updated_at=max((entry.updated_at for entry in entries), default=shown.changed_at),
        entries=entries,
    )


async def open_person_feed(connection: AsyncConnection, viewer: Viewer, address: str) -> Row[Any] | Refused:
    """The entry that opens a person's feed to this viewer. Refused as gone where everyone could read it once."""
    finding = (
        select(
            Member.c.member_id,
            Entry.c.entry_id,
            Entry.c.kind,
            Entry.c.changed_at,
            opens_towards(Entry.c.member_id, Entry.c.key_set_id, viewer.ring).label("is_open"),
        )
        .join(Entry, Entry.c.member_id == Member.c.member_id)
        .where(Member.c.public_id == address, Entry.c.value != "")
        .where(Entry.c.kind.in_((EntryKind.NAME, EntryKind.CONTRIBUTIONS)))
    )
    found: list[Row[Any]] = await fetch_all(connection, finding)
    if len(found) == 2 and all(row.is_open for row in found):
        return next(row for row in found if row.kind == EntryKind.CONTRIBUTIONS)
    if len(found) == 2 and all([await was_public(connection, row.member_id, row.entry_id) for row in found]):
        return Refused(Reason.GONE)
    return Refused(Reason.MISSING)


async def _entries(
    connection: AsyncConnection, viewer: Viewer, rows: Sequence[Row[Any]], *, of_threads: bool = False
) -> tuple[FeedEntry, ...]:
    people = await find_people(connection, {row.member_id for row in rows} - {None})
    entries = []
    for row in rows:
        source = SourceAuthor(row.author_id, row.author_name, row.author_url) if row.author_id is not None else None
        author = byline(row.member_id, source, people, viewer.ring, thread_id=row.thread_id, number=row.participant)
        changed = row.edited_at or row.written_at
        entries.append(
            FeedEntry(
                reference=f"thread:{row.thread_id}" if of_threads else f"post:{row.post_id}",
                title=row.title,
                path=thread_path(row.thread_id) if of_threads else f"/posts/{row.post_id}",
                author=author,
                html=SafeHtml(row.html),
                published_at=row.written_at,
                updated_at=max(changed, row.last_post_at) if of_threads else changed,
                is_reply=row.number > 1,
            )
        )
    return tuple(entries)
