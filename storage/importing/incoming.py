"""One shape for all that becomes a post here: opening posts, replies and comments, as they come from the rows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from domain.forum import PostKind
from domain.views import SafeHtml
from storage.importing.archive import Archive
from storage.importing.rows import REPLY, THREAD, CommentRow, PostRow, read_comment, read_post, user_key
from storage.importing.stored import FROM_COMMENTS, FROM_POSTS
from storage.markup import render_comment, render_html

MAPPING: Final = 1
"""Goes up when the same row is to be stored in another form: the next import then updates every post."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What an opening post says of its thread."""

    title: str
    tags: tuple[str, ...]
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A post on its way in. `under` is the source id of the post that it stands under; an opening post has none."""

    source_kind: str
    source_id: int
    kind: PostKind
    under: int | None
    author_key: str
    body: str
    score: int
    written_at: datetime
    edited_at: datetime | None
    licence: str
    opening: Opening | None = None

    def digest(self) -> bytes:
        """What the row said: an equal digest means that there is nothing to change."""
        opening = self.opening and (self.opening.title, self.opening.tags, _spelled(self.opening.closed_at))
        said = (
            *(MAPPING, self.kind, self.under, self.author_key, self.body, self.score),
            *(_spelled(self.written_at), _spelled(self.edited_at), self.licence, opening),
        )
        return blake2b(json.dumps(said).encode(), digest_size=16).digest()

    def render(self, base_url: str) -> SafeHtml:
        """Its HTML, safe to show: posts come as HTML, comments in a little Markdown."""
        if self.source_kind == FROM_COMMENTS:
            return render_comment(self.body, base_url)
        return render_html(self.body, base_url)


def iter_threads(archive: Archive) -> Iterator[tuple[int, Incoming]]:
    """The opening posts of an archive with the numbers of their rows."""
    return _iter_posts(archive, THREAD)


def iter_replies(archive: Archive) -> Iterator[tuple[int, Incoming]]:
    """The replies: a second reading of the same file, because a row may stand before its thread's."""
    return _iter_posts(archive, REPLY)


def iter_comments(archive: Archive) -> Iterator[tuple[int, Incoming]]:
    """The comments with the numbers of their rows."""
    for row in archive.rows("Comments"):
        yield row.number, _from_comment(read_comment(row))


def _iter_posts(archive: Archive, type_id: int) -> Iterator[tuple[int, Incoming]]:
    for row in archive.rows("Posts"):
        if int(row.given["PostTypeId"]) == type_id:
            yield row.number, _from_post(read_post(row))


def _from_post(post: PostRow) -> Incoming:
    is_thread = post.type_id == THREAD
    return Incoming(
        FROM_POSTS,
        post.source_id,
        PostKind.OPENING if is_thread else PostKind.REPLY,
        None if is_thread else post.parent_id,
        user_key(post.user_id, post.user_name),
        post.body,
        post.score,
        post.written_at,
        post.edited_at,
        post.licence,
        Opening(post.title, post.tags, post.closed_at) if is_thread else None,
    )


def _from_comment(comment: CommentRow) -> Incoming:
    return Incoming(
        FROM_COMMENTS,
        comment.source_id,
        PostKind.COMMENT,
        comment.post_id,
        user_key(comment.user_id, comment.user_name),
        comment.text,
        comment.score,
        comment.written_at,
        None,
        comment.licence,
    )


def _spelled(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
