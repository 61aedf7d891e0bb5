"""The tables that an import writes, for statements over many rows, and what its writes have in common."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import fetch_all
from storage.tables import (
    Community,
    Post,
    PostLink,
    Sig,
    SourceAuthor,
    SourcePerson,
    SourcePost,
    SourceSite,
    Tag,
    Thread,
    ThreadTag,
)

AUTHORS: Final = SourceAuthor.table
COMMUNITIES: Final = Community.table
LINKS: Final = PostLink.table
PEOPLE: Final = SourcePerson.table
POSTS: Final = Post.table
SIGS: Final = Sig.table
SITES: Final = SourceSite.table
SOURCES: Final = SourcePost.table
TAGS: Final = Tag.table
THREADS: Final = Thread.table
THREAD_TAGS: Final = ThreadTag.table

FROM_POSTS: Final = "post"
FROM_COMMENTS: Final = "comment"
"""`source_posts.source_kind`: posts and comments count their ids apart."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site's rows go: its own row, its SIG, and the key set that hides what is not published yet."""

    site_id: int
    site: str
    sig_id: int
    sig_slug: str
    hidden_id: int

    @property
    def base_url(self) -> str:
        """What relative links on the site are relative to."""
        return f"https://{self.site}/"


@dataclass(slots=True)
class Changes:
    """How many rows were inserted and updated, by what they are, and how many posts became visible."""

    inserted: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    published: int = 0

    def add(self, other: "Changes") -> None:
        """Count these as well."""
        self.inserted.update(other.inserted)
        self.updated.update(other.updated)
        self.published += other.published

    def any(self) -> bool:
        """Whether anything changed at all."""
        return self.inserted.total() + self.updated.total() + self.published > 0


async def insert_all(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, if there are any."""
    if rows:
        await connection.execute(insert(table), rows)


async def insert_for_ids(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows; gives their ids in the order of the rows."""
    if not rows:
        return []
    key = next(iter(table.primary_key.columns))
    added = await connection.execute(insert(table).returning(key, sort_by_parameter_order=True), rows)
    return [int(number) for number in added.scalars()]


async def find_authors(connection: AsyncConnection, place: Place, keys: Iterable[str]) -> dict[str, int]:
    """The ids of authors on this site by their keys."""
    wanted = AUTHORS.c.site_id == place.site_id, AUTHORS.c.user_key.in_(sorted(set(keys)))
    found = await fetch_all(connection, select(AUTHORS.c.user_key, AUTHORS.c.author_id).where(*wanted))
    return {row.user_key: row.author_id for row in found}


async def find_posts(connection: AsyncConnection, place: Place, ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Post and thread of imported posts (not comments) by their ids on the site."""
    statement = (
        select(SOURCES.c.source_id, SOURCES.c.post_id, POSTS.c.thread_id)
        .join(POSTS, POSTS.c.post_id == SOURCES.c.post_id)
        .where(SOURCES.c.site_id == place.site_id, SOURCES.c.source_kind == FROM_POSTS)
        .where(SOURCES.c.source_id.in_(sorted(set(ids))))
    )
    return {source: (post, thread) for source, post, thread in await fetch_all(connection, statement)}
