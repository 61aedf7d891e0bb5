"""The one thing that a report, a case or an act is about, as far as a ring opens it.

Who has opened a case holds one key more, for this projection alone: it is put on the thing that was reported, and on
nothing beside it. What changed after the report is not what was reported, and opens to the ring alone; so does the
title of a thread, unless it was its opening that was reported.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import PostKind
from domain.members import RECORD_PARTS, EntryKind, MemberLine, Person, line_of_member, read_record
from domain.members import SourceAuthor as Source
from domain.moderation import CaseItem, Subject, case_key
from domain.views import SafeHtml
from domain.visibility import Guarded, Keys, Ring, Viewer, reveal, ring_towards
from storage.database import fetch_one
from storage.forum.lists import byline
from storage.key_sets import parse_keys
from storage.members.people import find_people
from storage.tables import Entry, KeySet, Post, Scrap, SourceAuthor, Thread

_ThreadKeys = KeySet.table.alias()


@dataclass(frozen=True, slots=True)
class About:
    """What something is about: the ids of a case or an act, of which the most particular one counts."""

    member_id: int | None = None
    post_id: int | None = None
    scrap_id: int | None = None
    entry_id: int | None = None

    @classmethod
    def of(cls, row: Any) -> "About":
        """From a row of a case or an act."""
        return cls(row.member_id, row.post_id, row.scrap_id, getattr(row, "entry_id", None))

    @property
    def subject(self) -> Subject:
        """The kind of thing."""
        if self.post_id is not None:
            return Subject.POST
        if self.scrap_id is not None:
            return Subject.SCRAP
        return Subject.PERSON if self.entry_id is None else Subject.ENTRY


@dataclass(frozen=True, slots=True)
class Look:
    """With which eyes: a viewer's ring, and the case that they have opened, up to which moment its thing counts."""

    viewer: Viewer
    case_id: int | None = None
    until: datetime | None = None

    def open(self, value: Any, keys: Keys, owner_id: int | None, changed_at: datetime | None = None) -> Any:
        """The value where these eyes see it, else None."""
        ring: Ring = self.viewer.ring if owner_id is None else ring_towards(self.viewer.ring, owner_id)
        is_fresh = changed_at is not None and self.until is not None and changed_at > self.until
        if self.case_id is not None and not is_fresh:
            once = frozenset({case_key(self.case_id)})
            keys, ring = keys | once, ring | once
        return reveal(Guarded(value, keys), ring)


async def find_item(connection: AsyncConnection, about: About, look: Look) -> CaseItem:
    """The thing, or its empty place."""
    match about.subject:
        case Subject.POST:
            return await _post_item(connection, about, look)
        case Subject.SCRAP:
            return await _scrap_item(connection, about, look)
        case Subject.ENTRY:
            return await _entry_item(connection, about, look)
        case Subject.PERSON:
            person = await find_line(connection, about.member_id, look)
            return CaseItem(subject=Subject.PERSON, person=person, path=_page_of(person), is_gone=person is None)


async def find_line(connection: AsyncConnection, member_id: int | None, look: Look) -> MemberLine | None:
    """The byline of somebody: for who has opened the case about them, with the name whatever its audience."""
    if member_id is None:
        return None
    people = await find_people(connection, [member_id])
    if member_id not in people:
        return None
    person = people[member_id]
    if look.case_id is None:
        return line_of_member(person, look.viewer.ring)
    once = frozenset({case_key(look.case_id)})
    entries = dict(person.entries)
    if EntryKind.NAME in entries:
        name = entries[EntryKind.NAME]
        entries[EntryKind.NAME] = Guarded(reveal(name, name.keys) or "", name.keys | once)
    return line_of_member(Person(person.member_id, person.public_id, entries), look.viewer.ring | once)


def _page_of(person: MemberLine | None) -> str | None:
    return f"/people/{person.address}" if person and person.address else None


def _post_with_keys(post_id: int | None) -> Select[Any]:
    return (
        select(
            Post.c.post_id,
            Post.c.member_id,
            Post.c.html,
            Post.c.kind,
            Post.c.written_at,
            Post.c.edited_at,
            Post.c.deleted_at,
            Thread.c.title,
            KeySet.c.text.label("keys"),
            _ThreadKeys.c.text.label("thread_keys"),
            SourceAuthor.c.author_id,
            SourceAuthor.c.name.label("author_name"),
            SourceAuthor.c.source_url.label("author_url"),
        )
        .join(Thread, Thread.c.thread_id == Post.c.thread_id)
        .join(KeySet, KeySet.c.key_set_id == Post.c.key_set_id)
        .join(_ThreadKeys, _ThreadKeys.c.key_set_id == Thread.c.key_set_id)
        .outerjoin(SourceAuthor, SourceAuthor.c.author_id == Post.c.author_id)
        .where(Post.c.post_id == post_id)
    )


async def _post_item(connection: AsyncConnection, about: About, look: Look) -> CaseItem:
    row = await fetch_one(connection, _post_with_keys(about.post_id))
    if row is None:
        return CaseItem(subject=Subject.POST, person=None, is_gone=True)
    by_ring = Look(look.viewer)
    eyes = by_ring if row.deleted_at is not None else look
    html: SafeHtml | None = eyes.open(SafeHtml(row.html), parse_keys(row.keys), None, row.edited_at)
    head = eyes if row.kind == PostKind.OPENING else by_ring
    title: str | None = head.open(row.title, parse_keys(row.thread_keys), None, row.edited_at)
    is_reachable = by_ring.open(True, parse_keys(row.thread_keys), None)
    return CaseItem(
        subject=Subject.POST,
        person=await _author(connection, row, look) if html is not None else None,
        title=title,
        html=html or None,
        written_at=row.written_at,
        path=f"/posts/{row.post_id}" if is_reachable and html is not None else None,
        is_gone=not html,
    )


async def _author(connection: AsyncConnection, row: Row[Any], look: Look) -> MemberLine:
    if row.member_id is not None:
        return await find_line(connection, row.member_id, look) or byline(None, None, {}, look.viewer.ring)
    source = Source(row.author_id, row.author_name, row.author_url) if row.author_id is not None else None
    return byline(None, source, {}, look.viewer.ring)


async def _scrap_item(connection: AsyncConnection, about: About, look: Look) -> CaseItem:
    statement = select(
        Scrap.c.owner_id, Scrap.c.member_id, Scrap.c.html, Scrap.c.written_at, KeySet.c.text.label("keys")
    ).join(KeySet, KeySet.c.key_set_id == Scrap.c.key_set_id)
    row = await fetch_one(connection, statement.where(Scrap.c.scrap_id == about.scrap_id, Scrap.c.deleted_at.is_(None)))
    if row is None:
        return CaseItem(subject=Subject.SCRAP, person=None, is_gone=True)
    html = look.open(SafeHtml(row.html), parse_keys(row.keys), row.owner_id)
    return CaseItem(
        subject=Subject.SCRAP,
        person=await find_line(connection, row.member_id, look) if html is not None else None,
        html=html,
        written_at=row.written_at,
        is_gone=html is None,
    )


async def _entry_item(connection: AsyncConnection, about: About, look: Look) -> CaseItem:
    statement = (
        select(Entry.c.member_id, Entry.c.kind, Entry.c.value, Entry.c.changed_at, KeySet.c.text.label("keys"))
        .join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
        .where(Entry.c.entry_id == about.entry_id)
    )
    row = await fetch_one(connection, statement)
    kind = EntryKind(row.kind) if row else None
    value = look.open(row.value, parse_keys(row.keys), row.member_id, row.changed_at) if row else None
    person = await find_line(connection, about.member_id, look)
    return CaseItem(
        subject=Subject.ENTRY,
        person=person,
        lines=_lines(kind, value) if kind and value else (),
        entry_kind=kind,
        written_at=row.changed_at if value else None,
        is_gone=not value,
    )


def _lines(kind: EntryKind, value: str) -> tuple[str, ...]:
    """What an entry says, in lines; of a picture only that it is one."""
    if kind is EntryKind.PHOTO:
        return ()
    return tuple(read_record(value).values()) if kind in RECORD_PARTS else tuple(value.splitlines())
