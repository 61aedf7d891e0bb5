"""Posts as a viewer gets them: whole, as the empty place of what was deleted or hidden, or as one that waits."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select

from domain.forum import (
    Post,
    PostKind,
    PostView,
    SourceLine,
    Thread,
    WaitingPost,
    is_own,
    page_of,
    refuse_to_accept,
    refuse_to_delete,
    refuse_to_edit,
)
from domain.members import Person, SourceAuthor
from domain.moderation import CaseKind, CaseState
from domain.sigs import Circle, chip_for_sig
from domain.views import SafeHtml
from domain.visibility import Guarded, Viewer, may_see, mod_key, reveal
from storage.forum.lists import byline
from storage.key_sets import RingOrParameter, opens, parse_keys
from storage.licences import licence_url
from storage.tables import Case, KeySet, Participant, SourcePost, SourceSite
from storage.tables import Post as PostRow
from storage.tables import SourceAuthor as AuthorRow

_Target = PostRow.table.alias()


def _case_of_post() -> Any:
    """SQL: the case in which a post waits; of those that do not wait, nothing is looked up."""
    waiting = (Case.c.post_id == PostRow.c.post_id) & (Case.c.kind == CaseKind.POST) & PostRow.c.held_at.is_not(None)
    return select(Case.c.case_id).where(waiting, Case.c.state != CaseState.CLOSED).limit(1).scalar_subquery()


def posts_with_context() -> Select[Any]:
    """SQL: posts with what their views need of authors, targets and sources."""
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
            PostRow.c.held_at,
            PostRow.c.hidden_at,
            PostRow.c.version,
            _case_of_post().label("case_id"),
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


def waits_for(ring: RingOrParameter) -> ColumnElement[bool]:
    """SQL: a post that waits for a moderator, where this ring opens it."""
    waits = PostRow.c.number.is_(None) & PostRow.c.held_at.is_not(None) & PostRow.c.deleted_at.is_(None)
    return waits & opens(PostRow.c.key_set_id, ring)


def split_waiting(rows: Iterable[Row[Any]]) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """The posts that have a number in its order, and those that wait in the order in which they were written."""
    found = list(rows)
    numbered = sorted((row for row in found if row.number is not None), key=lambda row: row.number)
    return numbered, sorted((row for row in found if row.number is None), key=lambda row: row.post_id)


def moderates(viewer: Viewer, sig_id: int) -> bool:
    """Whether the viewer holds the key of a SIG's moderators."""
    return may_see(frozenset({mod_key(sig_id)}), viewer.ring)


def post_of(row: Row[Any]) -> Post:
    """A row of a post as the rules need it, its text guarded."""
    return Post(
        post_id=row.post_id,
        author_id=row.member_id,
        kind=PostKind(row.kind),
        version=row.version,
        deleted_at=row.deleted_at,
        html=Guarded(SafeHtml(row.html), parse_keys(row.keys)),
        is_held=row.held_at is not None,
        is_hidden=row.hidden_at is not None,
    )


def post_view(
    row: Row[Any], thread_row: Row[Any], thread: Thread, people: dict[int, Person], viewer: Viewer
) -> PostView | None:
    """A post as this viewer gets it: whole, as the empty place of a deleted or hidden one, or not at all."""
    post = post_of(row)
    html = reveal(post.html, viewer.ring)
    if html is None and post.deleted_at is None and not post.is_hidden:
        return None
    stands = html is not None and post.deleted_at is None
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
        key=chip_for_sig(Circle(thread_row.reading), thread_row.sig_name),
        may_edit=refuse_to_edit(viewer, post, thread.sig_id) is None,
        may_delete=refuse_to_delete(viewer, post) is None,
        may_restore=bool(html) and post.deleted_at is not None and not post.is_hidden,
        may_accept=refuse_to_accept(viewer, thread, post) is None,
        source=_source_line(row, thread.thread_id),
        is_hidden=post.is_hidden,
        may_report=stands and not post.is_hidden and not is_own(post, viewer),
        may_moderate=stands and moderates(viewer, thread.sig_id),
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


def waiting_view(row: Row[Any], thread: Thread, people: dict[int, Person], viewer: Viewer) -> WaitingPost:
    """A post that waits, for its author or a moderator."""
    post = post_of(row)
    return WaitingPost(
        post_id=post.post_id,
        author=byline(row.member_id, None, people, viewer.ring),
        html=reveal(post.html, viewer.ring) or SafeHtml(""),
        written_at=row.written_at,
        edited_at=row.edited_at,
        may_edit=refuse_to_edit(viewer, post, thread.sig_id) is None,
        may_delete=refuse_to_delete(viewer, post) is None,
        case_id=row.case_id if moderates(viewer, thread.sig_id) else None,
    )
