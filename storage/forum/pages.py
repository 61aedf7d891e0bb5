"""The pages of a thread: posts by their numbers, so that page 1 and page 5,000 cost the same."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import (
    POSTS_A_PAGE,
    ComposePage,
    EditPostPage,
    Post,
    PostKind,
    PostView,
    ReplyForm,
    SourceLine,
    Thread,
    ThreadKind,
    ThreadPage,
    page_of,
    refuse_to_accept,
    refuse_to_delete,
    refuse_to_edit,
    refuse_to_reply,
)
from domain.members import Person, SourceAuthor
from domain.publicity import Publicity, publicity_of_thread
from domain.refusals import Reason, Refused
from domain.sigs import Reading, chip_for_sig, refuse_to_join, refuse_to_post
from domain.views import SafeHtml
from domain.visibility import VISITOR, Guarded, Viewer, reveal, sig_key
from storage.database import Database, fetch_all, fetch_one
from storage.forum.lists import byline
from storage.key_sets import opens, parse_keys
from storage.licences import licence_url
from storage.members.people import find_people
from storage.plain_text import plain_text
from storage.tables import Community, KeySet, Participant, Sig, SourcePost, SourceSite
from storage.tables import Post as PostRow
from storage.tables import SourceAuthor as AuthorRow
from storage.tables import Thread as ThreadRow

_Target = PostRow.table.alias()


def visible_thread(viewer: Viewer, thread_id: int) -> Select[Any]:
    """SQL: the thread with its SIG, if this viewer may see it."""
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
            ThreadRow.c.deleted_at,
            Sig.c.slug.label("sig_slug"),
            Sig.c.name.label("sig_name"),
            Sig.c.description.label("sig_description"),
            Sig.c.reading,
            Sig.c.member_count,
            Community.c.slug.label("community_slug"),
            Community.c.name.label("community_name"),
        )
        .join(Sig, Sig.c.sig_id == ThreadRow.c.sig_id)
        .join(Community, Community.c.community_id == Sig.c.community_id)
        .where(ThreadRow.c.thread_id == thread_id, opens(ThreadRow.c.key_set_id, viewer.ring))
    )


def thread_of(row: Row[Any]) -> Thread:
    """A row of `visible_thread` as the rules need it."""
    return Thread(
        thread_id=row.thread_id,
        sig_id=row.sig_id,
        author_id=row.member_id,
        kind=ThreadKind(row.kind),
        is_closed=row.closed_at is not None,
        post_count=row.post_count,
    )


def _posts_with_context() -> Select[Any]:
    return (
        select(
            PostRow.c.post_id,
            PostRow.c.number,
            PostRow.c.kind,
            PostRow.c.member_id,
            PostRow.c.html,
            PostRow.c.score,
            PostRow.c.written_at,
            PostRow.c.edited_at,
            PostRow.c.deleted_at,
            PostRow.c.version,
            KeySet.c.text.label("keys"),
            _Target.c.post_id.label("target_id"),
            _Target.c.number.label("target_number"),
            Participant.c.number.label("participant"),
            AuthorRow.c.author_id,
            AuthorRow.c.name.label("author_name"),
            AuthorRow.c.source_url.label("author_url"),
            SourcePost.c.source_kind,
            SourcePost.c.source_id,
            SourcePost.c.licence,
            SourceSite.c.name.label("site"),
        )
        .join(KeySet, KeySet.c.key_set_id == PostRow.c.key_set_id)
        .outerjoin(_Target, (_Target.c.post_id == PostRow.c.reply_to_id) & _Target.c.number.is_not(None))
        .outerjoin(
            Participant,
            (Participant.c.thread_id == PostRow.c.thread_id) & (Participant.c.member_id == PostRow.c.member_id),
        )
        .outerjoin(AuthorRow, AuthorRow.c.author_id == PostRow.c.author_id)
        .outerjoin(SourcePost, SourcePost.c.post_id == PostRow.c.post_id)
        .outerjoin(SourceSite, SourceSite.c.site_id == SourcePost.c.site_id)
    )


async def find_thread_page(
    database: Database, viewer: Viewer, thread_id: int, page: int, reply: ReplyForm
) -> ThreadPage | None:
    """One page of a thread as this viewer gets it; None when thread or page is unknown or hidden."""
    async with database.reading() as connection:
        row = await fetch_one(connection, visible_thread(viewer, thread_id).add_columns(*_seen_by_visitors()))
        pages = page_of(max(1, row.post_count)) if row else 0
        if row is None or not 1 <= page <= pages:
            return None
        posts = await _rows_of_page(connection, row, page)
        people = await find_people(connection, {post.member_id for post in posts} - {None})
    thread = thread_of(row)
    views = [view for post in posts if (view := _post_view(post, row, thread, people, viewer))]
    accepted = next((view for view in views if view.is_accepted and view.number != 2), None)
    return ThreadPage(
        thread_id=thread.thread_id,
        title=row.title,
        kind=thread.kind,
        community_slug=row.community_slug,
        community_name=row.community_name,
        sig_slug=row.sig_slug,
        sig_name=row.sig_name,
        sig_description=row.sig_description,
        sig_member_count=row.member_count,
        readers=_readers(row),
        tags=tuple(row.tag_names.split()),
        is_closed=thread.is_closed,
        is_answered=row.accepted_post_id is not None,
        reply_count=max(0, row.post_count - 1),
        key=chip_for_sig(Reading(row.reading), row.sig_name),
        posts=tuple(view for view in views if page_of(view.number) == page),
        opening=next((view for view in views if view.number == 1), None),
        accepted=accepted if page == 1 else None,
        publicity=_publicity(row, posts),
        page=page,
        pages=pages,
        may_reply=row.deleted_at is None and refuse_to_reply(viewer, thread) is None,
        may_join=sig_key(thread.sig_id) not in viewer.ring and refuse_to_join(viewer) is None,
        reply=reply,
    )


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


def _readers(row: Row[Any]) -> int | None:
    return None if Reading(row.reading) is Reading.EVERYONE else int(row.member_count)


async def _rows_of_page(connection: AsyncConnection, thread: Row[Any], page: int) -> Sequence[Row[Any]]:
    """The posts of a page in order, with the opening; on page 1 with the accepted reply, wherever it stands."""
    first = (page - 1) * POSTS_A_PAGE + 1
    on_page: ColumnElement[bool] = PostRow.c.number.between(first, first + POSTS_A_PAGE - 1)
    if page > 1:
        on_page = or_(on_page, PostRow.c.number == 1)
    elif thread.accepted_post_id is not None:
        on_page = or_(on_page, PostRow.c.post_id == thread.accepted_post_id)
    statement = _posts_with_context().where(PostRow.c.thread_id == thread.thread_id, on_page)
    return await fetch_all(connection, statement.order_by(PostRow.c.number))


def post_of(row: Row[Any]) -> Post:
    """A row of a post as the rules need it, its text guarded."""
    return Post(
        post_id=row.post_id,
        author_id=row.member_id,
        kind=PostKind(row.kind),
        version=row.version,
        deleted_at=row.deleted_at,
        html=Guarded(SafeHtml(row.html), parse_keys(row.keys)),
    )


def _post_view(
    row: Row[Any], thread_row: Row[Any], thread: Thread, people: dict[int, Person], viewer: Viewer
) -> PostView | None:
    """A post as this viewer gets it: whole, as the empty place of a deleted one, or not at all."""
    post = post_of(row)
    html = reveal(post.html, viewer.ring)
    if html is None and post.deleted_at is None:
        return None
    source = SourceAuthor(row.author_id, row.author_name, row.author_url) if row.author_id is not None else None
    author = byline(row.member_id, source, people, viewer.ring, thread_id=thread.thread_id, number=row.participant)
    return PostView(
        post_id=post.post_id,
        number=row.number,
        kind=post.kind,
        author=author if html is not None else None,
        html=html,
        written_at=row.written_at,
        edited_at=row.edited_at if html is not None else None,
        is_deleted=post.deleted_at is not None,
        is_accepted=thread_row.accepted_post_id == post.post_id,
        score=row.score if html is not None else None,
        reply_to_id=row.target_id if html is not None else None,
        reply_to_number=row.target_number if html is not None else None,
        reply_to_page=page_of(row.target_number) if html is not None and row.target_number else None,
        key=chip_for_sig(Reading(thread_row.reading), thread_row.sig_name),
        may_edit=refuse_to_edit(viewer, post, thread.sig_id) is None,
        may_delete=refuse_to_delete(viewer, post) is None,
        may_restore=bool(html) and post.deleted_at is not None,
        may_accept=refuse_to_accept(viewer, thread, post) is None,
        source=_source_line(row, thread.thread_id),
    )


def _source_line(row: Row[Any], _thread_id: int) -> SourceLine | None:
    if row.site is None:
        return None
    return SourceLine(
        site=row.site,
        url=_source_url(row),
        licence=row.licence,
        licence_url=licence_url(row.licence),
    )


def _source_url(row: Row[Any]) -> str:
    """The original: questions and answers have addresses of their own, a comment that of what it stands under."""
    if row.source_kind == "comment":
        return f"https://{row.site}/posts/comments/{row.source_id}"
    kind = "questions" if row.kind == PostKind.OPENING else "a"
    return f"https://{row.site}/{kind}/{row.source_id}"


async def find_post_place(database: Database, viewer: Viewer, post_id: int) -> tuple[int, int] | None:
    """The thread and the page on which a post stands, for its stable address; None when it may not be seen."""
    statement = (
        select(PostRow.c.thread_id, PostRow.c.number)
        .join(ThreadRow, ThreadRow.c.thread_id == PostRow.c.thread_id)
        .where(PostRow.c.post_id == post_id, opens(ThreadRow.c.key_set_id, viewer.ring))
    )
    async with database.reading() as connection:
        row = await fetch_one(connection, statement.where(PostRow.c.number.is_not(None)))
    return (row.thread_id, page_of(row.number)) if row else None


async def find_reply_target(database: Database, viewer: Viewer, thread_id: int, post_id: int) -> int | None:
    """The number of the post that a reply answers; None when it is not in this thread or may not be seen."""
    statement = select(PostRow.c.number).where(
        PostRow.c.post_id == post_id,
        PostRow.c.thread_id == thread_id,
        PostRow.c.deleted_at.is_(None),
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
        key=chip_for_sig(Reading(row.reading), row.name),
        readers=_readers(row),
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
        key=chip_for_sig(Reading(row.reading), row.name),
        version=row.version,
        body=row.body,
        title=row.title if is_opening else None,
        tags=", ".join(row.tag_names.split()) if is_opening else None,
    )
