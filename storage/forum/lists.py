"""Lists of threads, by key set and never by offset, over what the viewer may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, Text, Tuple, bindparam, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import THREADS_A_PAGE, ThreadKind
from domain.members import LineKind, MemberLine, Person, SourceAuthor, line_of_member, line_of_source
from domain.sigs import Circle, ThreadLine, chip_for_sig
from domain.visibility import Ring, Viewer
from storage.database import fetch_all
from storage.key_sets import RING, RingOrParameter, opens
from storage.members.people import find_people
from storage.prepared import Prepared
from storage.tables import Id, Moment, Post, Sig, Tag, Thread, ThreadTag
from storage.tables import SourceAuthor as AuthorRow

PINNED_SHOWN = 5
_LastAuthor = AuthorRow.table.alias()
_Opening = Post.table.alias()
_SOMEBODY = MemberLine(kind=LineKind.HIDDEN, tile="hidden")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIGHEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ThreadSlice:
    """One page of a list, and the cursors of its neighbours. `pinned` stand above the first page; each of them has its
    place in the list as well, so that the cursors know of no pins."""

    threads: tuple[ThreadLine, ...] = ()
    newer: str | None = None
    older: str | None = None
    pinned: tuple[ThreadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list of threads, between two of them."""

    last_post_at: datetime
    thread_id: int

    def __str__(self) -> str:
        return f"{(self.last_post_at - _EPOCH) // timedelta(microseconds=1)}-{self.thread_id}"

    def as_sql(self) -> Tuple:
        """SQL: this place, typed, so that the engine compares moments with moments."""
        return tuple_(literal(self.last_post_at, Moment()), literal(self.thread_id, Id))

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read a cursor from an address. Raises ValueError on anything that is none."""
        moment, dash, thread_id = text.partition("-")
        if not (dash and moment.isascii() and moment.isdigit() and thread_id.isascii() and thread_id.isdigit()):
            raise ValueError("not a cursor")
        if int(moment) > 10**17 or int(thread_id) > _HIGHEST:
            raise ValueError("not a cursor of ours")
        return cls(_EPOCH + timedelta(microseconds=int(moment)), int(thread_id))


def _visible_threads(ring: RingOrParameter) -> Select[Any]:
    return (
        select(
            Thread.c.thread_id,
            Thread.c.title,
            Thread.c.kind,
            Thread.c.tag_names,
            Thread.c.member_id,
            Thread.c.last_member_id,
            Thread.c.started_at,
            Thread.c.last_post_at,
            Thread.c.post_count,
            Thread.c.score,
            Thread.c.accepted_post_id,
            Thread.c.closed_at,
            Thread.c.pinned_at,
            Thread.c.held_at,
            Thread.c.hidden_at,
            Sig.c.slug,
            Sig.c.name,
            Sig.c.reading,
            AuthorRow.c.author_id,
            AuthorRow.c.name.label("author_name"),
            AuthorRow.c.source_url.label("author_url"),
            _LastAuthor.c.author_id.label("last_author_id"),
            _LastAuthor.c.name.label("last_author_name"),
            _LastAuthor.c.source_url.label("last_author_url"),
            _Opening.c.deleted_at.label("opening_deleted_at"),
        )
        .join(Sig, Sig.c.sig_id == Thread.c.sig_id)
        .outerjoin(AuthorRow, AuthorRow.c.author_id == Thread.c.author_id)
        .outerjoin(_LastAuthor, _LastAuthor.c.author_id == Thread.c.last_author_id)
        .outerjoin(_Opening, (_Opening.c.thread_id == Thread.c.thread_id) & (_Opening.c.number == 1))
        .where(opens(Thread.c.key_set_id, ring), Thread.c.deleted_at.is_(None))
        .where(or_(Thread.c.held_at.is_(None), opens(Sig.c.key_set_id, ring)))  # its author may have left
    )


async def find_latest_threads(
    connection: AsyncConnection, viewer: Viewer, limit: int, sig_ids: Sequence[int] | None = None
) -> tuple[ThreadLine, ...]:
    """The threads with the newest posts, in these SIGs or anywhere."""
    statement = _visible_threads(viewer.ring)
    if sig_ids is not None:
        statement = statement.where(Thread.c.sig_id.in_(sig_ids))
    newest_first = statement.order_by(Thread.c.last_post_at.desc(), Thread.c.thread_id.desc()).limit(limit)
    return await _thread_lines(connection, viewer, await fetch_all(connection, newest_first))


async def _pinned(connection: AsyncConnection, viewer: Viewer, sig_id: int) -> Sequence[Row[Any]]:
    """What the moderators of a SIG have pinned, the newest pin first."""
    return await _PINNED.all(connection, {"ring": viewer.ring, "sig": sig_id})


_SIG, _MOMENT, _PLACE = bindparam("sig", type_=Id), bindparam("moment", type_=Moment()), bindparam("place", type_=Id)


def _pinned_threads(_dialect: str) -> Select[Any]:
    pinned = _visible_threads(RING).where(Thread.c.sig_id == _SIG, Thread.c.pinned_at.is_not(None))
    return pinned.order_by(Thread.c.pinned_at.desc(), Thread.c.thread_id.desc()).limit(PINNED_SHOWN)


_PINNED = Prepared(_pinned_threads)


@cache
def _threads_of_page(is_tagged: bool, turn: str) -> Prepared:
    """SQL: a page of a SIG's threads, of one tag or of all; `before` or `after` a place, or from the newest on."""
    statement = _visible_threads(RING).where(Thread.c.sig_id == _SIG)
    if is_tagged:
        tagged = select(ThreadTag.c.thread_id).join(Tag, Tag.c.tag_id == ThreadTag.c.tag_id)
        tagged = tagged.where(Tag.c.sig_id == _SIG, Tag.c.name == bindparam("tag", type_=Text))
        statement = statement.where(Thread.c.thread_id.in_(tagged))
    place, given = tuple_(Thread.c.last_post_at, Thread.c.thread_id), tuple_(_MOMENT, _PLACE)
    if turn == "after":
        ordered = statement.where(place > given).order_by(Thread.c.last_post_at, Thread.c.thread_id)
    else:
        older = statement.where(place < given) if turn == "before" else statement
        ordered = older.order_by(Thread.c.last_post_at.desc(), Thread.c.thread_id.desc())
    return Prepared(lambda _dialect: ordered.limit(THREADS_A_PAGE + 1))


async def find_threads_of_sig(
    connection: AsyncConnection,
    viewer: Viewer,
    sig_id: int,
    *,
    tag: str | None = None,
    before: Cursor | None = None,
    after: Cursor | None = None,
) -> ThreadSlice:
    """One page of a SIG's threads: the newest, or those just before or after a cursor."""
    turn = "after" if after is not None else "before" if before is not None else ""
    asked = {"ring": viewer.ring, "sig": sig_id} | ({"tag": tag} if tag is not None else {})
    if cursor := after or before:
        asked |= {"moment": cursor.last_post_at, "place": cursor.thread_id}
    rows = await _threads_of_page(tag is not None, turn).all(connection, asked)
    more = len(rows) > THREADS_A_PAGE
    rows = rows[:THREADS_A_PAGE]
    if after is not None:
        rows.reverse()
    is_first = tag is None and before is None and after is None
    pinned = await _pinned(connection, viewer, sig_id) if is_first else ()
    threads = await _thread_lines(connection, viewer, [*pinned, *rows])
    has_newer = more if after is not None else before is not None
    has_older = more if after is None else True
    return ThreadSlice(
        threads[len(pinned) :],
        pinned=threads[: len(pinned)],
        newer=str(Cursor(rows[0].last_post_at, rows[0].thread_id)) if rows and has_newer else None,
        older=str(Cursor(rows[-1].last_post_at, rows[-1].thread_id)) if rows and has_older else None,
    )


async def _thread_lines(
    connection: AsyncConnection, viewer: Viewer, rows: Sequence[Row[Any]]
) -> tuple[ThreadLine, ...]:
    ids = {row.member_id for row in rows} | {row.last_member_id for row in rows}
    people = await find_people(connection, ids - {None})
    return tuple(_thread_line(row, people, viewer.ring) for row in rows)


def _thread_line(row: Row[Any], people: dict[int, Person], ring: Ring) -> ThreadLine:
    source = SourceAuthor(row.author_id, row.author_name, row.author_url) if row.author_id is not None else None
    last = SourceAuthor(row.last_author_id, row.last_author_name, row.last_author_url) if row.last_author_id else None
    has_reply = row.post_count > 1
    return ThreadLine(
        thread_id=row.thread_id,
        title=row.title,
        sig_slug=row.slug,
        sig_name=row.name,
        author=_SOMEBODY if row.opening_deleted_at else byline(row.member_id, source, people, ring),
        last_author=byline(row.last_member_id, last, people, ring) if has_reply else None,
        started_at=row.started_at,
        last_post_at=row.last_post_at,
        reply_count=max(0, row.post_count - 1),
        score=row.score,
        tags=tuple(row.tag_names.split()),
        is_question=row.kind == ThreadKind.QUESTION,
        is_answered=row.accepted_post_id is not None,
        is_closed=row.closed_at is not None,
        is_pinned=row.pinned_at is not None,
        is_held=row.held_at is not None,
        is_hidden=row.hidden_at is not None,
        key=chip_for_sig(Circle(row.reading), row.name),
    )


def byline(
    member_id: int | None,
    source: SourceAuthor | None,
    people: dict[int, Person],
    ring: Ring,
    *,
    thread_id: int = 0,
    number: int | None = None,
) -> MemberLine:
    """Whoever wrote something, as the holder of this ring sees them."""
    if source is not None:
        return line_of_source(source)
    if member_id is None or member_id not in people:
        return MemberLine(kind=LineKind.FORMER, tile=f"former-{thread_id}-{number}", number=number)
    return line_of_member(people[member_id], ring, thread_id=thread_id, number=number)


def listed_threads(viewer: Viewer) -> Select[Any]:
    """SQL: the threads that this viewer may see, with what `thread_lines` needs of each."""
    return _visible_threads(viewer.ring)


def people_of_threads(rows: Sequence[Row[Any]]) -> set[int]:
    """Whom the lines of these threads name."""
    return ({row.member_id for row in rows} | {row.last_member_id for row in rows}) - {None}


def thread_lines(rows: Sequence[Row[Any]], people: dict[int, Person], ring: Ring) -> tuple[ThreadLine, ...]:
    """The lines of these threads for the holder of this ring, with people who were fetched already."""
    return tuple(_thread_line(row, people, ring) for row in rows)
