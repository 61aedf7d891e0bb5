"""The pages of a thread: posts by their numbers, so that page 1 and page 5,000 cost the same."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, Row, Select, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import (
    POSTS_A_PAGE,
    ComposePage,
    EditPostPage,
    PostKind,
    ReplyForm,
    Thread,
    ThreadKind,
    ThreadPage,
    page_of,
    refuse_to_edit,
    refuse_to_reply,
)
from domain.members import Person
from domain.publicity import Publicity, publicity_of_thread
from domain.refusals import Reason, Refused
from domain.sigs import Circle, Joining, chip_for_sig, refuse_to_join, refuse_to_post
from domain.visibility import VISITOR, Viewer, reveal, sig_key
from storage.database import Database, fetch_one
from storage.forum.posts import post_of, post_view, posts_with_context, split_waiting, waiting_view, waits_for
from storage.key_sets import RING, RingOrParameter, opens
from storage.members.people import find_people
from storage.plain_text import plain_text
from storage.prepared import Prepared
from storage.tables import Community, Id, KeySet, Sig
from storage.tables import Post as PostRow
from storage.tables import Thread as ThreadRow


def visible_thread(ring: RingOrParameter, thread_id: int | BindParameter[int]) -> Select[Any]:
    """SQL: the thread with its SIG, if this ring opens it. Its page names the SIG: who has left and may not know of it
    any more has no page of what they deleted, or of what waited."""
    return (
        select(
            ThreadRow.c.thread_id,
            ThreadRow.c.sig_id,
            ThreadRow.c.member_id,
            ThreadRow.c.kind,
            ThreadRow.c.title,
            ThreadRow.c.tag_names,
            ThreadRow.c.post_count,
            ThreadRow.c.accepted_post_id,
            ThreadRow.c.closed_at,
            ThreadRow.c.pinned_at,
            ThreadRow.c.held_at,
            ThreadRow.c.hidden_at,
            ThreadRow.c.deleted_at,
            Sig.c.holds_first_posts,
            Sig.c.slug.label("sig_slug"),
            Sig.c.name.label("sig_name"),
            Sig.c.description.label("sig_description"),
            opens(Sig.c.description_key_set_id, ring).label("is_described"),
            Sig.c.reading,
            Sig.c.joining,
            Sig.c.member_count,
            Community.c.slug.label("community_slug"),
            Community.c.name.label("community_name"),
        )
        .join(Sig, Sig.c.sig_id == ThreadRow.c.sig_id)
        .join(Community, Community.c.community_id == Sig.c.community_id)
        .where(ThreadRow.c.thread_id == thread_id, opens(ThreadRow.c.key_set_id, ring))
        .where(opens(Sig.c.key_set_id, ring))
    )


def thread_of(row: Row[Any]) -> Thread:
    """A row of `visible_thread` as the rules need it."""
    return Thread(
        thread_id=row.thread_id,
        sig_id=row.sig_id,
        author_id=row.member_id,
        kind=ThreadKind(row.kind),
        is_closed=any(when is not None for when in (row.closed_at, row.held_at, row.hidden_at)),
        post_count=row.post_count,
    )


async def find_thread_page(database: Database, viewer: Viewer, thread_id: int, page: int) -> ThreadPage | None:
    """One page of a thread as this viewer gets it, with an empty composer; None when thread or page is unknown or
    hidden."""
    async with database.reading() as connection:
        row = await _THREAD_OF_PAGE.one(connection, {"ring": viewer.ring, "thread": thread_id})
        pages = page_of(max(1, row.post_count)) if row else 0
        if row is None or not 1 <= page <= pages:
            return None
        posts = await _rows_of_page(connection, row, page, viewer if page == pages else None)
        people = await find_people(connection, {post.member_id for post in posts} - {None})
    return _thread_page(row, posts, people, viewer, page)


def _thread_page(
    row: Row[Any], posts: Sequence[Row[Any]], people: dict[int, Person], viewer: Viewer, page: int
) -> ThreadPage:
    """The page from its rows, with an empty composer."""
    thread = thread_of(row)
    numbered, waiting = split_waiting(posts)
    views = [view for post in numbered if (view := post_view(post, row, thread, people, viewer))]
    accepted = next((view for view in views if view.is_accepted and view.number != 2), None)
    return ThreadPage(
        thread_id=thread.thread_id,
        title=row.title,
        kind=thread.kind,
        community_slug=row.community_slug,
        community_name=row.community_name,
        sig_slug=row.sig_slug,
        sig_name=row.sig_name,
        sig_description=row.sig_description if row.is_described else None,
        sig_member_count=row.member_count if sig_key(row.sig_id) in viewer.ring else None,
        readers=_readers(row, viewer),
        tags=tuple(row.tag_names.split()),
        is_closed=thread.is_closed,
        is_answered=row.accepted_post_id is not None,
        reply_count=max(0, row.post_count - 1),
        key=chip_for_sig(Circle(row.reading), row.sig_name),
        posts=tuple(view for view in views if page_of(view.number) == page),
        opening=next((view for view in views if view.number == 1), None),
        accepted=accepted if page == 1 else None,
        publicity=_publicity(row, numbered),
        page=page,
        pages=page_of(max(1, row.post_count)),
        may_reply=row.deleted_at is None and refuse_to_reply(viewer, thread) is None,
        may_join=_may_join(row, viewer),
        reply=ReplyForm(submission=""),
        waiting=tuple(waiting_view(post, thread, people, viewer) for post in waiting),
        is_held=row.held_at is not None,
        is_hidden=row.hidden_at is not None,
        is_pinned=row.pinned_at is not None,
    )


_THREAD = bindparam("thread", type_=Id)


_THREAD_OF_PAGE = Prepared(lambda _dialect: visible_thread(RING, _THREAD).add_columns(*_seen_by_visitors()))


def _seen_by_visitors() -> tuple[ColumnElement[bool], ...]:
    """SQL: whether a visitor sees the thread of `visible_thread`, and any reply in it."""
    reply = exists().where(
        PostRow.c.thread_id == ThreadRow.c.thread_id,
        PostRow.c.number > 1,
        PostRow.c.deleted_at.is_(None),
        opens(PostRow.c.key_set_id, VISITOR.ring),
    )
    is_public = opens(ThreadRow.c.key_set_id, VISITOR.ring)
    return is_public.label("is_public"), reply.label("has_public_reply")


def _publicity(row: Row[Any], posts: Sequence[Row[Any]]) -> Publicity:
    """The decision for the thread, the same on each of its pages."""
    opening = next((reveal(post_of(post).html, VISITOR.ring) for post in posts if post.number == 1), None)
    return publicity_of_thread(
        is_public=row.is_public,
        opening_length=len(plain_text(opening)) if opening else 0,
        has_reply=row.has_public_reply,
    )


def _may_join(row: Row[Any], viewer: Viewer) -> bool:
    """Whether the door of the SIG is open: who has to ask or to be invited finds that on its page."""
    is_in = sig_key(row.sig_id) in viewer.ring
    return row.joining == Joining.OPEN and not is_in and refuse_to_join(viewer) is None


def _readers(row: Row[Any], viewer: Viewer) -> int | None:
    """How many people read a SIG that opens to its own people; they alone know how many they are."""
    is_known = Circle(row.reading) is Circle.SIG and sig_key(row.sig_id) in viewer.ring
    return int(row.member_count) if is_known else None


async def _rows_of_page(
    connection: AsyncConnection, thread: Row[Any], page: int, ending: Viewer | None
) -> Sequence[Row[Any]]:
    """The posts of a page in order, with the opening; on page 1 with the accepted reply, wherever it stands; on the
    last page with what waits there, as far as the viewer `ending` it may see that."""
    first = (page - 1) * POSTS_A_PAGE + 1
    accepted = thread.accepted_post_id if page == 1 else None
    ending_ring = ending.ring if ending is not None and ending.member_id is not None else None
    statement = _posts_of_page(page > 1, accepted is not None, ending_ring is not None)
    asked = {"thread": thread.thread_id, "first": first, "last": first + POSTS_A_PAGE - 1}
    more = {"accepted": accepted} if accepted is not None else {}
    return await statement.all(connection, asked | more | ({"ring": ending_ring} if ending_ring else {}))


@cache
def _posts_of_page(with_opening: bool, with_accepted: bool, with_waiting: bool) -> Prepared:
    """SQL: the posts of a page, for each kind of page."""
    first, last = bindparam("first", type_=Integer), bindparam("last", type_=Integer)
    on_page: ColumnElement[bool] = PostRow.c.number.between(first, last)
    if with_opening:
        on_page = or_(on_page, PostRow.c.number == 1)
    if with_accepted:
        on_page = or_(on_page, PostRow.c.post_id == bindparam("accepted", type_=Id))
    if with_waiting:
        on_page = or_(on_page, waits_for(RING))
    posts = posts_with_context().where(PostRow.c.thread_id == _THREAD, on_page).order_by(PostRow.c.number)
    return Prepared(lambda _dialect: posts)


async def find_post_place(database: Database, viewer: Viewer, post_id: int) -> tuple[int, int] | None:
    """The thread and the page on which a post stands, for its stable address; None when it may not be seen. What has no
    number, because it waits or was never published, belongs to the end of its thread, for who may see it."""
    statement = (
        select(PostRow.c.thread_id, PostRow.c.number, ThreadRow.c.post_count)
        .join(ThreadRow, ThreadRow.c.thread_id == PostRow.c.thread_id)
        .join(Sig, Sig.c.sig_id == ThreadRow.c.sig_id)
        .where(PostRow.c.post_id == post_id, opens(ThreadRow.c.key_set_id, viewer.ring))
        .where(opens(Sig.c.key_set_id, viewer.ring))
        .where(or_(PostRow.c.number.is_not(None), opens(PostRow.c.key_set_id, viewer.ring)))
    )
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
    return (row.thread_id, page_of(row.number or max(1, row.post_count))) if row else None


async def find_reply_target(database: Database, viewer: Viewer, thread_id: int, post_id: int) -> int | None:
    """The number of the post that a reply answers; None when it is not in this thread or may not be seen."""
    statement = select(PostRow.c.number).where(
        PostRow.c.post_id == post_id,
        PostRow.c.thread_id == thread_id,
        PostRow.c.deleted_at.is_(None),
        PostRow.c.hidden_at.is_(None),
        opens(PostRow.c.key_set_id, viewer.ring),
    )
    async with database.reading() as connection:
        number: int | None = (await connection.execute(statement)).scalar()
    return number


async def find_compose_page(
    database: Database, viewer: Viewer, sig_slug: str, submission: str
) -> ComposePage | Refused:
    """The empty composer for a new thread in a SIG."""
    statement = select(Sig.c.sig_id, Sig.c.slug, Sig.c.name, Sig.c.reading, Sig.c.member_count).where(
        Sig.c.slug == sig_slug, opens(Sig.c.key_set_id, viewer.ring)
    )
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
    if row is None:
        return Refused(Reason.MISSING)
    if refused := refuse_to_post(viewer, row.sig_id):
        return refused
    return ComposePage(
        sig_slug=row.slug,
        sig_name=row.name,
        key=chip_for_sig(Circle(row.reading), row.name),
        readers=_readers(row, viewer),
        submission=submission,
    )


def _post_with_thread(viewer: Viewer, post_id: int) -> Select[Any]:
    return (
        select(
            PostRow.c.post_id,
            PostRow.c.thread_id,
            PostRow.c.kind,
            PostRow.c.member_id,
            PostRow.c.body,
            PostRow.c.html,
            PostRow.c.version,
            PostRow.c.deleted_at,
            PostRow.c.held_at,
            PostRow.c.hidden_at,
            KeySet.c.text.label("keys"),
            ThreadRow.c.sig_id,
            ThreadRow.c.title,
            ThreadRow.c.tag_names,
            Sig.c.name,
            Sig.c.reading,
        )
        .join(KeySet, KeySet.c.key_set_id == PostRow.c.key_set_id)
        .join(ThreadRow, ThreadRow.c.thread_id == PostRow.c.thread_id)
        .join(Sig, Sig.c.sig_id == ThreadRow.c.sig_id)
        .where(PostRow.c.post_id == post_id, opens(PostRow.c.key_set_id, viewer.ring))
    )


async def find_edit_page(database: Database, viewer: Viewer, post_id: int) -> EditPostPage | Refused:
    """The composer with one's own post in it; what belongs to others is missing."""
    async with database.reading() as connection:
        row = await fetch_one(connection, _post_with_thread(viewer, post_id))
    if row is None:
        return Refused(Reason.MISSING)
    if refused := refuse_to_edit(viewer, post_of(row), row.sig_id):
        return refused
    is_opening = row.kind == PostKind.OPENING
    return EditPostPage(
        post_id=row.post_id,
        thread_id=row.thread_id,
        sig_name=row.name,
        key=chip_for_sig(Circle(row.reading), row.name),
        version=row.version,
        body=row.body,
        title=row.title if is_opening else None,
        tags=", ".join(row.tag_names.split()) if is_opening else None,
    )
