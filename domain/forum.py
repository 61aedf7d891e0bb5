"""Threads and posts: what may be written, by whom, and what a reader gets.

Posts of a thread stand in one flat line, numbered in the order in which they were published; a reply to a reply links
to what it answers. A deleted post leaves its number behind, and its text opens to its author alone. What is held for a
moderator has no number yet; what a moderator hid keeps its own, and opens to its author and the moderators.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.members import KeyChip, MemberLine
from domain.publicity import Publicity
from domain.refusals import Problem, Problems, Reason, Refused
from domain.sigs import Circle, refuse_to_post
from domain.views import PageView, SafeHtml, View
from domain.visibility import Guarded, Keys, Viewer, mod_key, own_key

POSTS_A_PAGE = 20
THREADS_A_PAGE = 30
SHORTEST_TITLE = 4
LONGEST_TITLE = 150
LONGEST_POST = 30_000
"""Characters of Markdown in one post."""
MOST_TAGS = 5
LONGEST_TAG = 35
UNDO_DELETE_FOR = timedelta(days=14)


class ThreadKind(StrEnum):
    """What a thread is for."""

    DISCUSSION = "discussion"
    QUESTION = "question"


class PostKind(StrEnum):
    """What a post is in its thread; `comment` is an imported remark on another post."""

    OPENING = "opening"
    REPLY = "reply"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread as the rules need it; `is_closed` also while it is held or hidden."""

    thread_id: int
    sig_id: int
    author_id: int | None
    kind: ThreadKind
    is_closed: bool
    post_count: int


@dataclass(frozen=True, slots=True)
class Post:
    """A post as the rules need it; `author_id` is None for imported posts, which belong to nobody here."""

    post_id: int
    author_id: int | None
    kind: PostKind
    version: int
    deleted_at: datetime | None
    html: Guarded[SafeHtml]
    is_held: bool = False
    is_hidden: bool = False


def is_own(post: Post, viewer: Viewer) -> bool:
    """Whether the viewer wrote it."""
    return post.author_id is not None and post.author_id == viewer.member_id


_NOBODY = own_key(0)
"""On no ring: members are numbered from 1."""


def keys_when_deleted(author_ids: Iterable[int]) -> Keys:
    """What was deleted opens to those who wrote it alone, as far as they may take the deletion back; or to nobody."""
    return frozenset(own_key(author_id) for author_id in author_ids) or frozenset({_NOBODY})


def keys_when_kept_back(author_id: int | None, sig_id: int) -> Keys:
    """What is held or hidden opens to its author, who sees it marked, and to the moderators of its SIG."""
    moderators = keys_of_hidden_thread(sig_id)
    return moderators if author_id is None else moderators | {own_key(author_id)}


def keys_of_hidden_thread(sig_id: int) -> Keys:
    """A hidden thread opens to the moderators alone: it tells what others said, and its author may have left."""
    return frozenset({mod_key(sig_id)})


def refuse_to_reply(viewer: Viewer, thread: Thread) -> Refused | None:
    """Members of the SIG may reply while the thread is open."""
    if refused := refuse_to_post(viewer, thread.sig_id):
        return refused
    return Refused(Reason.CLOSED) if thread.is_closed else None


def refuse_to_delete(viewer: Viewer, post: Post) -> Refused | None:
    """Authors may take back what they wrote, also after leaving the SIG and while suspended."""
    if not is_own(post, viewer):
        return Refused(Reason.NOT_YOURS)
    return Refused(Reason.MISSING) if post.deleted_at else None


def refuse_to_edit(viewer: Viewer, post: Post, sig_id: int) -> Refused | None:
    """Authors may edit what they wrote as long as it stands or waits, and they may write in its SIG: editing is
    publishing. What a moderator hid stays as it was when it was hidden."""
    if refused := refuse_to_delete(viewer, post) or refuse_to_post(viewer, sig_id):
        return refused
    return Refused(Reason.INVALID) if post.is_hidden else None


def refuse_to_restore(viewer: Viewer, post: Post, sig_id: int, now: datetime) -> Refused | None:
    """Those who may still write in the SIG may take a deletion back for `UNDO_DELETE_FOR`; their own, and not what a
    moderator did."""
    if not is_own(post, viewer):
        return Refused(Reason.NOT_YOURS)
    if refused := refuse_to_post(viewer, sig_id):
        return refused
    if post.is_hidden or post.is_held:
        return Refused(Reason.INVALID)
    if post.deleted_at is None:
        return Refused(Reason.STALE)
    return Refused(Reason.TOO_LATE) if now - post.deleted_at > UNDO_DELETE_FOR else None


def refuse_to_accept(viewer: Viewer, thread: Thread, post: Post) -> Refused | None:
    """Who asked a question says which reply answers it, where they could still reply themselves."""
    if thread.author_id is None or thread.author_id != viewer.member_id:
        return Refused(Reason.NOT_YOURS)
    if refused := refuse_to_reply(viewer, thread):
        return refused
    if thread.kind is not ThreadKind.QUESTION or post.kind is not PostKind.REPLY or post.deleted_at:
        return Refused(Reason.INVALID)
    return Refused(Reason.INVALID) if post.is_held or post.is_hidden else None


def refuse_to_move(readers: Circle, readers_there: Circle) -> Refused | None:
    """A thread goes only where nobody reads it who could not: from one closed room to another would show people what
    was not said to them."""
    if readers is Circle.EVERYONE or (readers is Circle.MEMBERS and readers_there is not Circle.EVERYONE):
        return None
    return Refused(Reason.NEVER_WIDER)


def tidy_tags(text: str) -> tuple[str, ...]:
    """Tags as typed, by commas or spaces, in the stored form: lower case, hyphens for what is not a letter or digit."""
    words = text.replace(",", " ").replace("#", " ").split()
    return tuple(dict.fromkeys(tag for tag in map(_tidy_tag, words) if tag))


def _tidy_tag(word: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "+.-" else "-" for letter in word.casefold())
    return kept.strip("-.")


def problems_with_body(body: str) -> Problems:
    """What is wrong with the Markdown of a post."""
    if not body.strip():
        return {"body": Problem.EMPTY}
    return {"body": Problem.TOO_LONG} if len(body) > LONGEST_POST else {}


def problems_with_thread(title: str, body: str, tags: tuple[str, ...]) -> Problems:
    """What is wrong with a new thread, by field."""
    problems = problems_with_body(body)
    if not title:
        problems["title"] = Problem.EMPTY
    elif len(title) < SHORTEST_TITLE:
        problems["title"] = Problem.TOO_SHORT
    elif len(title) > LONGEST_TITLE:
        problems["title"] = Problem.TOO_LONG
    if len(tags) > MOST_TAGS:
        problems["tags"] = Problem.TOO_MANY
    elif any(len(tag) > LONGEST_TAG for tag in tags):
        problems["tags"] = Problem.TOO_LONG
    return problems


def page_of(number: int) -> int:
    """The page, from 1, on which the post with this number stands."""
    return (number - 1) // POSTS_A_PAGE + 1


class SourceLine(View):
    """Where an imported post comes from: the line that its licence asks for."""

    site: str
    url: str
    licence: str
    licence_url: str


class PostView(View):
    """One post in its thread. `html` is None where only the place of a deleted post is left."""

    post_id: int
    number: int
    kind: PostKind
    author: MemberLine | None
    html: SafeHtml | None
    written_at: datetime
    edited_at: datetime | None
    is_deleted: bool
    is_accepted: bool
    score: int | None
    reply_to_id: int | None
    reply_to_number: int | None
    reply_to_page: int | None
    key: KeyChip
    may_edit: bool
    may_delete: bool
    may_restore: bool
    may_accept: bool
    source: SourceLine | None = None
    is_hidden: bool = False
    may_report: bool = False
    may_moderate: bool = False


class WaitingPost(View):
    """A post that waits for a moderator, as its author and the moderators find it at the end of its thread. `case_id`
    is for the moderators."""

    post_id: int
    author: MemberLine
    html: SafeHtml
    written_at: datetime
    edited_at: datetime | None
    may_edit: bool
    may_delete: bool
    case_id: int | None = None


class ReplyForm(View):
    """The composer under a thread with what was typed; `submission` makes a doubled click one reply."""

    submission: str
    body: str = ""
    reply_to_id: int | None = None
    reply_to_number: int | None = None
    preview: SafeHtml | None = None
    problem: Problem | None = None
    refused: Reason | None = None


class ThreadPage(PageView, template="forum/thread.html"):
    """One page of a thread. `accepted` repeats the accepted reply under the opening post on page 1; `opening` is the
    first post, on whatever page."""

    thread_id: int
    title: str
    kind: ThreadKind
    community_slug: str
    community_name: str
    sig_slug: str
    sig_name: str
    sig_description: str | None
    sig_member_count: int | None
    readers: int | None
    tags: tuple[str, ...]
    is_closed: bool
    is_answered: bool
    reply_count: int
    key: KeyChip
    posts: tuple[PostView, ...]
    opening: PostView | None
    accepted: PostView | None
    publicity: Publicity
    page: int
    pages: int
    may_reply: bool
    may_join: bool
    reply: ReplyForm
    waiting: tuple[WaitingPost, ...] = ()
    is_held: bool = False
    is_hidden: bool = False
    is_pinned: bool = False


class ComposePage(PageView, template="forum/compose.html"):
    """The composer for a new thread."""

    sig_slug: str
    sig_name: str
    key: KeyChip
    readers: int | None
    submission: str
    title: str = ""
    body: str = ""
    tags: str = ""
    kind: ThreadKind = ThreadKind.DISCUSSION
    preview: SafeHtml | None = None
    title_problem: Problem | None = None
    body_problem: Problem | None = None
    tags_problem: Problem | None = None
    refused: Reason | None = None


class EditPostPage(PageView, template="forum/edit.html"):
    """The composer for one's own post; `title` and `tags` only where it opens the thread."""

    post_id: int
    thread_id: int
    sig_name: str
    key: KeyChip
    version: int
    body: str
    title: str | None
    tags: str | None
    preview: SafeHtml | None = None
    title_problem: Problem | None = None
    body_problem: Problem | None = None
    tags_problem: Problem | None = None
    refused: Reason | None = None
