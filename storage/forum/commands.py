"""What people write: threads, replies, edits, deletions. One transaction each, with counters, numbers and an event.

The row of the SIG or thread is touched first, so that writers to the same thread queue behind each other on both
engines and numbers have no gaps. A form that is sent twice, with the same `submission`, is one post.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import (
    PostKind,
    ThreadKind,
    problems_with_body,
    problems_with_thread,
    refuse_to_edit,
    refuse_to_reply,
    tidy_tags,
)
from domain.refusals import Problem, Reason, Refused
from domain.sigs import Reading, post_keys, refuse_to_post, thread_keys
from domain.views import SafeHtml
from domain.visibility import Viewer
from storage.database import Database, fetch_one, insert_into
from storage.events import note
from storage.forum.pages import post_of, thread_of, visible_thread
from storage.key_sets import intern_key_set, opens
from storage.markup import TooComplex, render_markdown
from storage.tables import KeySet, Participant, Sig, Tag, ThreadTag
from storage.tables import Post as PostRow
from storage.tables import Thread as ThreadRow


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


class _SentBefore(Exception):
    """The same submission was written already; nothing more is."""

    def __init__(self, written: Written) -> None:
        self.written = written


async def render_body(body: str) -> SafeHtml | Refused:
    """The HTML of a body, made beside the event loop; refused when it is empty, too long or too complex."""
    if problems := problems_with_body(body):
        return Refused(Reason.INVALID, problems)
    try:
        return await asyncio.to_thread(render_markdown, body)
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
        async with database.writing() as connection:
            sig = await _lock_sig(connection, viewer, sig_slug, now)
            member_id = _writer(viewer, refuse_to_post(viewer, sig.sig_id) if sig else Refused(Reason.MISSING))
            await _stop_if_sent(connection, member_id, draft)
            return await _add_thread(connection, member_id, sig, title, tags, draft, html, now)
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


async def _lock_sig(connection: AsyncConnection, viewer: Viewer, slug: str, now: datetime) -> Any:
    counting = (
        update(Sig)
        .where(Sig.c.slug == slug, opens(Sig.c.key_set_id, viewer.ring))
        .values(thread_count=Sig.c.thread_count + 1, post_count=Sig.c.post_count + 1, last_post_at=now)
        .returning(Sig.c.sig_id, Sig.c.reading)
    )
    return (await connection.execute(counting)).first()


def _submission(member_id: int, draft: Draft) -> str | None:
    """What makes a form that is sent twice one post: of one member and of one text, for whoever goes back and writes
    something else sends something else."""
    if not draft.submission:
        return None
    parts = (str(member_id), draft.submission, draft.title, draft.body)
    return sha256("\0".join(parts).encode()).hexdigest()


async def _stop_if_sent(connection: AsyncConnection, member_id: int, draft: Draft) -> None:
    submission = _submission(member_id, draft)
    if submission is None:
        return
    known = select(PostRow.c.post_id, PostRow.c.thread_id).where(PostRow.c.submission == submission)
    if row := await fetch_one(connection, known):
        raise _SentBefore(Written(row.post_id, row.thread_id))


async def _add_thread(
    connection: AsyncConnection,
    member_id: int,
    sig: Row[Any],
    title: str,
    tags: Sequence[str],
    draft: Draft,
    html: SafeHtml,
    now: datetime,
) -> Written:
    reading = Reading(sig.reading)
    row = {
        "sig_id": sig.sig_id,
        "member_id": member_id,
        "kind": draft.kind.value,
        "title": title,
        "tag_names": " ".join(tags),
        "key_set_id": await intern_key_set(connection, thread_keys(reading, sig.sig_id)),
        "started_at": now,
        "last_post_at": now,
        "last_member_id": member_id,
        "post_count": 1,
        "version": 1,
    }
    added = await connection.execute(insert(ThreadRow).values(row).returning(ThreadRow.c.thread_id))
    thread_id: int = added.scalar_one()
    await set_tags(connection, sig.sig_id, thread_id, tags)
    place = _Place(thread_id, sig.sig_id, reading, 1, PostKind.OPENING)
    post_id = await _add_post(connection, member_id, place, draft, html, now)
    await note(connection, "thread.started", now, thread_id=thread_id, post_id=post_id)
    return Written(post_id, thread_id)


@dataclass(frozen=True, slots=True)
class _Place:
    thread_id: int
    sig_id: int
    reading: Reading
    number: int
    kind: PostKind


async def _add_post(
    connection: AsyncConnection, member_id: int, place: _Place, draft: Draft, html: SafeHtml, now: datetime
) -> int:
    row = {
        "thread_id": place.thread_id,
        "number": place.number,
        "kind": place.kind.value,
        "member_id": member_id,
        "reply_to_id": draft.reply_to_id,
        "body": draft.body,
        "html": html,
        "key_set_id": await intern_key_set(connection, post_keys(place.reading, place.sig_id, member_id)),
        "written_at": now,
        "version": 1,
        "submission": _submission(member_id, draft),
    }
    added = await connection.execute(insert(PostRow).values(row).returning(PostRow.c.post_id))
    post_id: int = added.scalar_one()
    await _number_participant(connection, place.thread_id, member_id)
    return post_id


async def _number_participant(connection: AsyncConnection, thread_id: int, member_id: int) -> None:
    """Give a member the next number among the people of a thread; the thread's row is held, so numbers are unique."""
    already = select(func.count()).select_from(Participant).where(Participant.c.thread_id == thread_id)
    number = already.scalar_subquery() + 1
    joining = insert_into(connection, Participant).values(thread_id=thread_id, member_id=member_id, number=number)
    await connection.execute(joining.on_conflict_do_nothing())


async def set_tags(connection: AsyncConnection, sig_id: int, thread_id: int, tags: Sequence[str]) -> None:
    """Make these the tags of a thread, and keep the counts."""
    held = select(ThreadTag.c.tag_id).where(ThreadTag.c.thread_id == thread_id)
    await connection.execute(update(Tag).where(Tag.c.tag_id.in_(held)).values(thread_count=Tag.c.thread_count - 1))
    await connection.execute(delete(ThreadTag).where(ThreadTag.c.thread_id == thread_id))
    for name in sorted(tags):  # in one order, so that two threads never wait for each other's tags
        counting = insert_into(connection, Tag).values(sig_id=sig_id, name=name, thread_count=1)
        counted = counting.on_conflict_do_update(
            index_elements=["sig_id", "name"], set_={"thread_count": Tag.c.thread_count + 1}
        ).returning(Tag.c.tag_id)
        tag_id = (await connection.execute(counted)).scalar_one()
        await connection.execute(insert(ThreadTag).values(tag_id=tag_id, thread_id=thread_id))


async def write_reply(
    database: Database, viewer: Viewer, thread_id: int, draft: Draft, now: datetime
) -> Written | Refused:
    """Reply in a thread, to the thread or to one of its posts."""
    html = await render_body(draft.body)
    if isinstance(html, Refused):
        return html
    try:
        async with database.writing() as connection:
            place = await _take_number(connection, viewer, thread_id, now)
            member_id = _writer(viewer, None)
            await _stop_if_sent(connection, member_id, draft)
            await _demand_target(connection, viewer, thread_id, draft.reply_to_id)
            post_id = await _add_post(connection, member_id, place, draft, html, now)
            await note(connection, "post.written", now, thread_id=thread_id, post_id=post_id)
            return Written(post_id, thread_id)
    except _SentBefore as before:
        return before.written
    except _Abandoned as abandoned:
        return abandoned.refused


async def _take_number(connection: AsyncConnection, viewer: Viewer, thread_id: int, now: datetime) -> _Place:
    counting = (
        update(ThreadRow)
        .where(ThreadRow.c.thread_id == thread_id, ThreadRow.c.deleted_at.is_(None))
        .values(
            post_count=ThreadRow.c.post_count + 1,
            last_post_at=now,
            last_member_id=viewer.member_id,
            last_author_id=None,
            version=ThreadRow.c.version + 1,
        )
    )
    if (await connection.execute(counting)).rowcount == 0:
        raise _Abandoned(Refused(Reason.MISSING))
    row = await fetch_one(connection, visible_thread(viewer, thread_id))
    if row is None:
        raise _Abandoned(Refused(Reason.MISSING))
    if refused := refuse_to_reply(viewer, thread_of(row)):
        raise _Abandoned(refused)
    await connection.execute(
        update(Sig).where(Sig.c.sig_id == row.sig_id).values(post_count=Sig.c.post_count + 1, last_post_at=now)
    )
    return _Place(thread_id, row.sig_id, Reading(row.reading), row.post_count, PostKind.REPLY)


async def _demand_target(connection: AsyncConnection, viewer: Viewer, thread_id: int, post_id: int | None) -> None:
    if post_id is None:
        return
    target = select(PostRow.c.post_id).where(
        PostRow.c.post_id == post_id,
        PostRow.c.thread_id == thread_id,
        PostRow.c.number.is_not(None),
        PostRow.c.deleted_at.is_(None),
        opens(PostRow.c.key_set_id, viewer.ring),
    )
    if await fetch_one(connection, target) is None:
        raise _Abandoned(Refused(Reason.MISSING))


async def hold_post(connection: AsyncConnection, viewer: Viewer, post_id: int) -> Any:
    """A post that the viewer may see, with what the rules and the counters need of its thread and SIG.

    Its thread is held until the transaction ends: whatever changes a thread queues, thread first and SIG second.
    """
    thread = select(PostRow.c.thread_id).where(PostRow.c.post_id == post_id).scalar_subquery()
    holding = select(ThreadRow.c.thread_id).where(ThreadRow.c.thread_id == thread)
    await connection.execute(holding.with_for_update(key_share=True))
    statement = (
        select(
            PostRow.c.post_id,
            PostRow.c.thread_id,
            PostRow.c.kind,
            PostRow.c.member_id,
            PostRow.c.html,
            PostRow.c.version,
            PostRow.c.deleted_at,
            KeySet.c.text.label("keys"),
            ThreadRow.c.sig_id,
            ThreadRow.c.tag_names,
            ThreadRow.c.accepted_post_id,
            ThreadRow.c.deleted_at.label("thread_deleted_at"),
            Sig.c.reading,
        )
        .join(KeySet, KeySet.c.key_set_id == PostRow.c.key_set_id)
        .join(ThreadRow, ThreadRow.c.thread_id == PostRow.c.thread_id)
        .join(Sig, Sig.c.sig_id == ThreadRow.c.sig_id)
        .where(PostRow.c.post_id == post_id, opens(PostRow.c.key_set_id, viewer.ring))
    )
    return await fetch_one(connection, statement)


async def edit_post(
    database: Database, viewer: Viewer, post_id: int, draft: Draft, version: int, now: datetime
) -> Written | Refused:
    """Change one's own post; refused as stale when it was changed elsewhere since the form was opened."""
    html = await render_body(draft.body)
    if isinstance(html, Refused):
        return html
    async with database.writing() as connection:
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
    if tags != tuple(row.tag_names.split()):
        await set_tags(connection, row.sig_id, row.thread_id, tags)
    return None


async def touch_thread(connection: AsyncConnection, thread_id: int) -> None:
    touching = update(ThreadRow).where(ThreadRow.c.thread_id == thread_id).values(version=ThreadRow.c.version + 1)
    await connection.execute(touching)
