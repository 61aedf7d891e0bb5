"""What people write: threads, replies, edits, deletions. One transaction each, with counters, numbers and an event.

The row of the SIG or thread is held first, so that writers to the same thread queue behind each other on both engines
and numbers have no gaps. A form that is sent twice, with the same `submission`, is one post. First posts may have to
wait for a moderator (`storage.forum.holding`); they take no number until they are published.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Integer, Row, Select, Update, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import (
    PostKind,
    ThreadKind,
    keys_when_kept_back,
    page_of,
    problems_with_body,
    problems_with_thread,
    refuse_to_edit,
    refuse_to_reply,
    tidy_tags,
)
from domain.limits import Action
from domain.refusals import Problem, Reason, Refused
from domain.sigs import Circle, post_keys, refuse_to_post, thread_keys
from domain.views import SafeHtml
from domain.visibility import Viewer
from storage.database import INSERTS, Database, fetch_one
from storage.events import note
from storage.forum.holding import hold_for_moderators, must_wait
from storage.forum.keeping import count_up, hold_post, number_participant, set_tags, touch_thread
from storage.forum.pages import thread_of, visible_thread
from storage.forum.posts import post_of
from storage.key_sets import RING, intern_key_set, opens
from storage.markup import TooComplex, is_soon_rendered, render_markdown
from storage.prepared import Prepared
from storage.tables import Id, Moment, Sig
from storage.tables import Post as PostRow
from storage.tables import Thread as ThreadRow
from storage.throttle import count_act


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed into a composer. `title`, `tags` and `kind` count only where a thread opens."""

    body: str
    submission: str = ""
    title: str = ""
    tags: str = ""
    kind: ThreadKind = ThreadKind.DISCUSSION
    reply_to_id: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Where a post stands after it was written."""

    post_id: int
    thread_id: int
    page: int | None = field(default=None, compare=False)
    """Where its author finds it; unknown for what was written before."""


class _SentBefore(Exception):
    """The same submission was written already; nothing more is."""

    def __init__(self, written: Written) -> None:
        self.written = written


async def render_body(body: str) -> SafeHtml | Refused:
    """The HTML of a body, made beside the event loop where it takes long; refused when it is empty, too long or too
    complex."""
    if problems := problems_with_body(body):
        return Refused(Reason.INVALID, problems)
    try:
        return render_markdown(body) if is_soon_rendered(body) else await asyncio.to_thread(render_markdown, body)
    except TooComplex:
        return Refused(Reason.INVALID, {"body": Problem.TOO_COMPLEX})


async def start_thread(
    database: Database, viewer: Viewer, sig_slug: str, draft: Draft, now: datetime
) -> Written | Refused:
    """Open a thread in a SIG."""
    title, tags = " ".join(draft.title.split()), tidy_tags(draft.tags)
    if problems := problems_with_thread(title, draft.body, tags):
        return Refused(Reason.INVALID, problems)
    html = await render_body(draft.body)
    if isinstance(html, Refused):
        return html
    try:
        async with database.writing(is_short=True) as connection:
            await _count(connection, viewer, draft, now)
            sig = await _hold_sig(connection, viewer, sig_slug)
            member_id = _writer(viewer, refuse_to_post(viewer, sig.sig_id) if sig else Refused(Reason.MISSING))
            opening = _Opening(title, " ".join(tags), draft, html)
            return await _add_thread(connection, viewer, member_id, sig, opening, now)
    except _SentBefore as before:
        return before.written
    except _Abandoned as abandoned:
        return abandoned.refused


class _Abandoned(Exception):
    """A refusal found inside a transaction, which is then undone."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused


def _writer(viewer: Viewer, refused: Refused | None) -> int:
    """The member who may write here. Abandons the transaction otherwise."""
    if refused is not None:
        raise _Abandoned(refused)
    if viewer.member_id is None:
        raise _Abandoned(Refused(Reason.SIGN_IN))
    return viewer.member_id


async def _hold_sig(connection: AsyncConnection, viewer: Viewer, slug: str) -> Any:
    holding = select(Sig.c.sig_id, Sig.c.reading, Sig.c.holds_first_posts)
    visible = holding.where(Sig.c.slug == slug, opens(Sig.c.key_set_id, viewer.ring))
    return await fetch_one(connection, visible.with_for_update(key_share=True))


async def _count(connection: AsyncConnection, viewer: Viewer, draft: Draft, now: datetime) -> None:
    """Count one post of this member, and stop at too many; but what was sent before was counted then."""
    if viewer.member_id is None:
        raise _Abandoned(Refused(Reason.SIGN_IN))
    refused = await count_act(connection, Action.POST, viewer.member_id, now)
    await _stop_if_sent(connection, viewer.member_id, draft)
    if refused is not None:
        raise _Abandoned(refused)


def _submission(member_id: int, draft: Draft) -> str | None:
    """What makes a form that is sent twice one post: of one member and of one text, for whoever goes back and writes
    something else sends something else."""
    if not draft.submission:
        return None
    parts = (str(member_id), draft.submission, draft.title, draft.body)
    return sha256("\0".join(parts).encode()).hexdigest()


async def _stop_if_sent(connection: AsyncConnection, member_id: int | None, draft: Draft) -> None:
    submission = _submission(member_id, draft) if member_id is not None else None
    if submission is None:
        return
    known = select(PostRow.c.post_id, PostRow.c.thread_id).where(PostRow.c.submission == submission)
    if row := await fetch_one(connection, known):
        raise _SentBefore(Written(row.post_id, row.thread_id))


@dataclass(frozen=True, slots=True)
class _Opening:
    title: str
    tag_names: str
    draft: Draft
    html: SafeHtml


async def _add_thread(
    connection: AsyncConnection, viewer: Viewer, member_id: int, sig: Row[Any], opening: _Opening, now: datetime
) -> Written:
    reading = Circle(sig.reading)
    waits = await must_wait(connection, viewer, sig)
    keys = keys_when_kept_back(member_id, sig.sig_id) if waits else thread_keys(reading, sig.sig_id)
    row = {
        "sig_id": sig.sig_id,
        "member_id": member_id,
        "kind": opening.draft.kind.value,
        "title": opening.title,
        "tag_names": opening.tag_names,
        "key_set_id": await intern_key_set(connection, keys),
        "started_at": now,
        "last_post_at": now,
        "last_member_id": member_id,
        "post_count": 0 if waits else 1,
        "held_at": now if waits else None,
        "version": 1,
    }
    added = await connection.execute(insert(ThreadRow).values(row).returning(ThreadRow.c.thread_id))
    thread_id: int = added.scalar_one()
    place = _Place(thread_id, sig.sig_id, reading, None if waits else 1, PostKind.OPENING)
    post_id = await _add_post(connection, member_id, place, opening.draft, opening.html, now)
    if waits:
        await hold_for_moderators(connection, member_id, sig.sig_id, thread_id, post_id, now)
        return Written(post_id, thread_id)
    await count_up(connection, sig.sig_id, now, threads=1)
    await set_tags(connection, sig.sig_id, thread_id, opening.tag_names.split())
    await note(connection, "thread.started", now, thread_id=thread_id, post_id=post_id)
    return Written(post_id, thread_id)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a post will stand; without a number it waits."""

    thread_id: int
    sig_id: int
    reading: Circle
    number: int | None
    kind: PostKind


async def _add_post(
    connection: AsyncConnection, member_id: int, place: _Place, draft: Draft, html: SafeHtml, now: datetime
) -> int:
    waits = place.number is None
    open_keys = post_keys(place.reading, place.sig_id, member_id)
    keys = keys_when_kept_back(member_id, place.sig_id) if waits else open_keys
    row = {
        "thread_id": place.thread_id,
        "number": place.number,
        "kind": place.kind.value,
        "member_id": member_id,
        "reply_to_id": draft.reply_to_id,
        "body": draft.body,
        "html": html,
        "key_set_id": await intern_key_set(connection, keys),
        "written_at": now,
        "held_at": now if waits else None,
        "version": 1,
        "submission": _submission(member_id, draft),
    }
    added = await _ADDING_POST.one(connection, row)
    if added is None:
        await _stop_if_sent(connection, member_id, draft)
        raise LookupError("a submission is there, and is not")
    if not waits:
        await number_participant(connection, place.thread_id, member_id)
    post_id: int = added.post_id
    return post_id


def _adding_post(dialect: str) -> Any:
    """SQL: add a post, unless the same was sent before."""
    adding = INSERTS[dialect](PostRow.table).on_conflict_do_nothing(index_elements=["submission"])
    return adding.returning(PostRow.c.post_id)


_ADDING_POST = Prepared(_adding_post)


async def write_reply(
    database: Database, viewer: Viewer, thread_id: int, draft: Draft, now: datetime
) -> Written | Refused:
    """Reply in a thread, to the thread or to one of its posts."""
    html = await render_body(draft.body)
    if isinstance(html, Refused):
        return html
    try:
        async with database.writing(is_short=True) as connection:
            try:
                return await _add_reply(connection, viewer, thread_id, _Reply(draft, html), now)
            except _Abandoned:
                await _stop_if_sent(connection, viewer.member_id, draft)  # what was accepted once stays accepted
                raise
    except _SentBefore as before:
        return before.written
    except _Abandoned as abandoned:
        return abandoned.refused


@dataclass(frozen=True, slots=True)
class _Reply:
    draft: Draft
    html: SafeHtml


async def _add_reply(
    connection: AsyncConnection, viewer: Viewer, thread_id: int, reply: _Reply, now: datetime
) -> Written:
    member_id = _writer(viewer, None)
    place = await _hold_place(connection, viewer, thread_id)
    if refused := await count_act(connection, Action.POST, member_id, now):
        raise _Abandoned(refused)
    await _demand_target(connection, viewer, thread_id, reply.draft.reply_to_id)
    post_id = await _add_post(connection, member_id, place, reply.draft, reply.html, now)
    if place.number is None:
        await hold_for_moderators(connection, member_id, place.sig_id, thread_id, post_id, now)
        return Written(post_id, thread_id)
    values = {"thread": thread_id, "number": place.number, "now": now, "member": member_id}
    await _LENGTHENING.all(connection, values)
    await note(connection, "post.written", now, thread_id=thread_id, post_id=post_id)
    await count_up(connection, place.sig_id, now)  # last: whoever writes in the same SIG waits for its row
    return Written(post_id, thread_id, page_of(place.number))


_THREAD = bindparam("thread", type_=Id)


def _lengthening(_dialect: str) -> Update:
    changes = {
        "post_count": bindparam("number", type_=Integer),
        "last_post_at": bindparam("now", type_=Moment),
        "last_member_id": bindparam("member", type_=Id),
        "last_author_id": None,
        "version": ThreadRow.c.version + 1,
    }
    return update(ThreadRow.table).where(ThreadRow.c.thread_id == _THREAD).values(changes)


_LENGTHENING = Prepared(_lengthening)


def _thread_to_reply(dialect: str) -> Select[Any]:
    """SQL: the thread of `visible_thread`, as far as a reply needs it, held until the transaction ends. On SQLite
    nobody else writes meanwhile anyway."""
    needed = (
        *(ThreadRow.c.thread_id, ThreadRow.c.sig_id, ThreadRow.c.member_id, ThreadRow.c.kind, ThreadRow.c.post_count),
        *(ThreadRow.c.closed_at, ThreadRow.c.held_at, ThreadRow.c.hidden_at, Sig.c.holds_first_posts, Sig.c.reading),
    )
    found = visible_thread(RING, _THREAD).where(ThreadRow.c.deleted_at.is_(None)).with_only_columns(*needed)
    return found if dialect == "sqlite" else found.with_for_update(key_share=True, of=ThreadRow.table)


_THREAD_TO_REPLY = Prepared(_thread_to_reply)


async def _hold_place(connection: AsyncConnection, viewer: Viewer, thread_id: int) -> _Place:
    """The next number in a thread, which is held from now on, or a place without one where the post has to wait."""
    row = await _THREAD_TO_REPLY.one(connection, {"thread": thread_id, "ring": viewer.ring})
    if row is None:
        raise _Abandoned(Refused(Reason.MISSING))
    if refused := refuse_to_reply(viewer, thread_of(row)):
        raise _Abandoned(refused)
    reading = Circle(row.reading)
    if await must_wait(connection, viewer, row):
        return _Place(thread_id, row.sig_id, reading, None, PostKind.REPLY)
    return _Place(thread_id, row.sig_id, reading, row.post_count + 1, PostKind.REPLY)


async def _demand_target(connection: AsyncConnection, viewer: Viewer, thread_id: int, post_id: int | None) -> None:
    if post_id is None:
        return
    target = select(PostRow.c.post_id).where(
        PostRow.c.post_id == post_id,
        PostRow.c.thread_id == thread_id,
        PostRow.c.number.is_not(None),
        PostRow.c.deleted_at.is_(None),
        PostRow.c.hidden_at.is_(None),
        opens(PostRow.c.key_set_id, viewer.ring),
    )
    if await fetch_one(connection, target) is None:
        raise _Abandoned(Refused(Reason.MISSING))


async def edit_post(
    database: Database, viewer: Viewer, post_id: int, draft: Draft, version: int, now: datetime
) -> Written | Refused:
    """Change one's own post; refused as stale when it was changed elsewhere since the form was opened."""
    html = await render_body(draft.body)
    if isinstance(html, Refused):
        return html
    async with database.writing(is_short=True) as connection:
        row = await hold_post(connection, viewer, post_id)
        if row is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_edit(viewer, post_of(row), row.sig_id):
            return refused
        if row.version != version:
            return Refused(Reason.STALE)
        if row.kind == PostKind.OPENING and (refused := await _edit_opening(connection, row, draft)):
            return refused
        values = {"body": draft.body, "html": html, "edited_at": now, "version": PostRow.c.version + 1}
        await connection.execute(update(PostRow).where(PostRow.c.post_id == post_id).values(values))
        await touch_thread(connection, row.thread_id)
        await note(connection, "post.edited", now, thread_id=row.thread_id, post_id=post_id)
        return Written(post_id, row.thread_id)


async def _edit_opening(connection: AsyncConnection, row: Row[Any], draft: Draft) -> Refused | None:
    title, tags = " ".join(draft.title.split()), tidy_tags(draft.tags)
    if problems := problems_with_thread(title, draft.body, tags):
        return Refused(Reason.INVALID, problems)
    change = {"title": title, "tag_names": " ".join(tags)}
    await connection.execute(update(ThreadRow).where(ThreadRow.c.thread_id == row.thread_id).values(change))
    if tags != tuple(row.tag_names.split()) and row.thread_held_at is None:
        await set_tags(connection, row.sig_id, row.thread_id, tags)
    return None
