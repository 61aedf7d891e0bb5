"""What is new around a member, by their ring: who joined their SIGs, what is said of their interests, what is unread.

Three statements for the front page whatever there is, a fourth for what is unread. Who keeps a membership or a name
back is in none of them, nor anybody with whom there is a block.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import EntryKind, Person, line_of_member
from domain.sigs import Newcomer, ThreadLine
from domain.start_page import NEW_FOR, UNREAD_WITHIN, UnreadLine, interests_of, is_of_interest
from domain.visibility import Viewer, blocked_ids
from storage.database import fetch_all
from storage.forum.lists import listed_threads, people_of_threads, thread_lines
from storage.key_sets import opens
from storage.members.people import find_people
from storage.tables import Entry, Id, Membership, Moment, Post, Sig, Thread, ThreadRead

NEWCOMERS_SHOWN: Final = 8
THREADS_SHOWN: Final = 6
LOOKED_THROUGH: Final = 120
"""The newest threads among which those of interest are looked for, so that the cost does not grow with the forum."""
MOST_COUNTED: Final = 100
"""Posts; of a thread with more of them unread only the last so many are counted."""

_NEWCOMER, _INTEREST = range(2)
_Name = Entry.table.alias()


@dataclass(frozen=True, slots=True)
class Blocks:
    """What is new, as views."""

    newcomers: tuple[Newcomer, ...] = ()
    interests: tuple[ThreadLine, ...] = ()
    unread: tuple[UnreadLine, ...] = ()


async def find_blocks(
    connection: AsyncConnection, viewer: Viewer, now: datetime, *, with_unread: bool = False
) -> Blocks:
    """What is new around a member; nothing, and no statement, for a visitor."""
    if viewer.member_id is None:
        return Blocks()
    rows = await fetch_all(connection, _newcomers_and_interests(viewer, viewer.member_id, now))
    joined = [row for row in rows if row.part == _NEWCOMER]
    wanted = interests_of(tuple(row.value for row in rows if row.part == _INTEREST))
    threads = await _threads_of_interest(connection, viewer, wanted) if wanted else []
    unread = await fetch_all(connection, _unread_threads(viewer, viewer.member_id, now)) if with_unread else []
    met = {row.member_id for row in joined} | people_of_threads([*threads, *unread])
    people = await find_people(connection, met)
    counts = [row.unread for row in unread]
    return Blocks(
        newcomers=tuple(_newcomer(row, people, viewer) for row in joined),
        interests=thread_lines(threads, people, viewer.ring),
        unread=tuple(
            UnreadLine(thread=line, count=count)
            for line, count in zip(thread_lines(unread, people, viewer.ring), counts, strict=True)
        ),
    )


def _newcomer(row: Row[Any], people: dict[int, Person], viewer: Viewer) -> Newcomer:
    person = line_of_member(people[row.member_id], viewer.ring)
    return Newcomer(person=person, sig_slug=row.slug, sig_name=row.value, joined_at=row.joined_at)


def _newcomers_and_interests(viewer: Viewer, member_id: int, now: datetime) -> Any:
    """SQL: who joined one of the member's SIGs of late, newest first, and what the member wrote of their interests."""
    newcomers = select(_joined_of_late(viewer, member_id, now).subquery())
    mine = select(
        literal(_INTEREST, Integer), cast(null(), Id), Entry.c.value, cast(null(), Text), cast(null(), Moment())
    ).where(Entry.c.member_id == member_id, Entry.c.kind.in_((EntryKind.INTERESTS, EntryKind.SKILLS)))
    return union_all(newcomers, mine)


def _joined_of_late(viewer: Viewer, member_id: int, now: datetime) -> Select[Any]:
    mine = select(Membership.c.sig_id).where(Membership.c.member_id == member_id)
    membership = and_(
        Entry.c.member_id == Membership.c.member_id,
        Entry.c.kind == EntryKind.MEMBERSHIP,
        Entry.c.position == Membership.c.sig_id,
    )
    named = and_(_Name.c.member_id == Membership.c.member_id, _Name.c.kind == EntryKind.NAME)
    return (
        select(
            literal(_NEWCOMER, Integer).label("part"),
            Membership.c.member_id,
            Sig.c.name.label("value"),
            Sig.c.slug,
            Membership.c.joined_at,
        )
        .join(Sig, Sig.c.sig_id == Membership.c.sig_id)
        .join(Entry, membership)
        .join(_Name, named)
        .where(
            Membership.c.sig_id.in_(mine),
            Membership.c.joined_at > now - NEW_FOR,
            Membership.c.member_id != member_id,
            Membership.c.member_id.not_in(blocked_ids(viewer.ring)),
            Entry.c.value != "",
            _Name.c.value != "",
            opens(Sig.c.key_set_id, viewer.ring),
            opens(Entry.c.key_set_id, viewer.ring),
            opens(_Name.c.key_set_id, viewer.ring),
        )
        .order_by(Membership.c.joined_at.desc(), Membership.c.member_id.desc(), Membership.c.sig_id)
        .limit(NEWCOMERS_SHOWN)
    )


async def _threads_of_interest(
    connection: AsyncConnection, viewer: Viewer, wanted: frozenset[tuple[str, ...]]
) -> list[Row[Any]]:
    """The newest threads with one of the interests among their tags or in their title."""
    newest_first = _standing(viewer).order_by(Thread.c.last_post_at.desc(), Thread.c.thread_id.desc())
    rows = await fetch_all(connection, newest_first.limit(LOOKED_THROUGH))
    found = [row for row in rows if is_of_interest(row.title, tuple(row.tag_names.split()), wanted)]
    return found[:THREADS_SHOWN]


def _standing(viewer: Viewer) -> Select[Any]:
    """SQL: visible threads that neither wait for a moderator nor were taken out of sight by one."""
    return listed_threads(viewer).where(Thread.c.held_at.is_(None), Thread.c.hidden_at.is_(None))


def _unread_threads(viewer: Viewer, member_id: int, now: datetime) -> Select[Any]:
    """SQL: threads of the member's SIGs in which others have said something since, that the member may see."""
    beyond = _said_since(viewer, member_id, now)
    around = (Thread.table, ThreadRead.table, Membership.table)
    count = select(func.count()).select_from(Post).where(beyond).correlate(*around).scalar_subquery()
    return (
        _standing(viewer)
        .add_columns(count.label("unread"))
        .join(Membership, and_(Membership.c.sig_id == Thread.c.sig_id, Membership.c.member_id == member_id))
        .outerjoin(ThreadRead, and_(ThreadRead.c.thread_id == Thread.c.thread_id, ThreadRead.c.member_id == member_id))
        .where(
            Thread.c.last_post_at > Membership.c.joined_at,
            Thread.c.last_post_at > now - UNREAD_WITHIN,
            exists(select(1).select_from(Post).where(beyond).correlate(*around)),
        )
        .order_by(Thread.c.last_post_at.desc(), Thread.c.thread_id.desc())
        .limit(THREADS_SHOWN)
    )


def _said_since(viewer: Viewer, member_id: int, now: datetime) -> ColumnElement[bool]:
    """SQL: a post of this thread that the member has not read, is not theirs, and came while they belong to the SIG."""
    read, latest = func.coalesce(ThreadRead.c.number, 0), Thread.c.post_count - MOST_COUNTED
    return and_(
        Post.c.thread_id == Thread.c.thread_id,
        Post.c.number > case((read > latest, read), else_=latest),
        Post.c.deleted_at.is_(None),
        Post.c.hidden_at.is_(None),
        Post.c.written_at > Membership.c.joined_at,
        Post.c.written_at > now - UNREAD_WITHIN,
        or_(Post.c.member_id.is_(None), Post.c.member_id != member_id),
        opens(Post.c.key_set_id, viewer.ring),
    )
