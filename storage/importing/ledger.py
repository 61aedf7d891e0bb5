"""What the first reading of an archive remembers in order to check and to count it.

A SQLite file of its own, unlinked as soon as it is open: memory stays flat whatever the size of the site, and a killed
import leaves nothing behind. It lies where the environment variable TMPDIR says, and takes about 60 bytes for each
post, comment and user and 15 for each post that has votes. Nothing here sorts or gathers what is not already in an
index: SQLite would do that in memory.
"""

import os
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from storage.importing.archive import BrokenArchive
from storage.importing.rows import DOWN, FAVOURITE, REPLY, THREAD, UP, CommentRow, LinkRow, PostRow, UserRow, VoteRow

_TABLES: Final = """
CREATE TABLE users (id INTEGER PRIMARY KEY, row INTEGER, name TEXT, network_id INTEGER);
CREATE TABLE posts (id INTEGER PRIMARY KEY, row INTEGER, type INTEGER, parent INTEGER, accepted INTEGER, score INTEGER,
  answers INTEGER, user INTEGER, name TEXT);
CREATE TABLE comments (id INTEGER PRIMARY KEY, row INTEGER, post INTEGER, user INTEGER, name TEXT);
CREATE TABLE tallies (post INTEGER PRIMARY KEY, votes INTEGER, balance INTEGER);
CREATE TABLE families (parent INTEGER PRIMARY KEY, replies INTEGER);
CREATE TABLE names (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE seen (user INTEGER PRIMARY KEY);
CREATE TABLE links (post INTEGER, related INTEGER);
CREATE TABLE writers (number INTEGER PRIMARY KEY, key TEXT UNIQUE, user INTEGER, name TEXT, network_id INTEGER);
CREATE VIEW talk AS SELECT * FROM posts WHERE type IN (1, 2);
CREATE VIEW remarks AS SELECT c.* FROM comments c JOIN talk p ON p.id = c.post;
"""
"""`talk` are threads (type 1) and replies (type 2), and `remarks` the comments under them: what is imported."""

_SETTINGS: Final = ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-16000")
_ADD: Final = {
    "users": "INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?)",
    "posts": "INSERT OR IGNORE INTO posts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "comments": "INSERT OR IGNORE INTO comments VALUES (?, ?, ?, ?, ?)",
}
_ROW_OF: Final = {
    "users": "SELECT row FROM users WHERE id = ?",
    "posts": "SELECT row FROM posts WHERE id = ?",
    "comments": "SELECT row FROM comments WHERE id = ?",
}
_GATHER: Final = (
    "INSERT OR IGNORE INTO seen SELECT user FROM posts WHERE user IS NOT NULL",
    "INSERT OR IGNORE INTO seen SELECT user FROM comments WHERE user IS NOT NULL",
    *(
        f"""INSERT OR IGNORE INTO writers (key, user, name, network_id)
        SELECT coalesce(CAST(w.user AS TEXT), 'name:' || coalesce(w.name, '')), w.user, coalesce(u.name, w.name, ''),
        u.network_id FROM {view} w LEFT JOIN users u ON u.id = w.user ORDER BY w.id"""  # noqa: S608 -- our own view
        for view in ("talk", "remarks")
    ),
)
_LICENCE_ABSENT: Final = "(attribute absent)"


@dataclass(frozen=True, slots=True)
class Writer:
    """Someone who wrote a thread, a reply or a comment on one; `user_id` is None when the account was gone."""

    key: str
    user_id: int | None
    name: str
    network_id: int | None


@dataclass(slots=True)
class _Tally:
    """What is counted on the way; every counter here has few kinds."""

    types: Counter[int] = field(default_factory=Counter)
    votes: Counter[int] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    favourites: int = 0
    scores: int = 0
    accepted: int = 0
    closed: int = 0
    without_user: int = 0
    comments_without_user: int = 0
    first: datetime | None = None
    last: datetime | None = None


class Ledger:
    """The checks across rows and files, and every count of the archive."""

    def __init__(self) -> None:
        self._database = _open_unlinked()
        for setting in _SETTINGS:
            self._database.execute(f"PRAGMA {setting}")
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")
        self._tally = _Tally()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add_users(self, users: Sequence[tuple[int, UserRow]]) -> None:
        """Remember users with the number of their row."""
        rows = [(user.source_id, row, user.name, user.network_id) for row, user in users]
        self._add("Users.xml", "users", rows)
        self._database.executemany("INSERT OR IGNORE INTO names VALUES (?)", [(user.name,) for _, user in users])

    def add_posts(self, posts: Sequence[tuple[int, PostRow]]) -> None:
        """Remember posts of every type; their texts are not kept."""
        for _, post in posts:
            self._count_post(post)
        self._add("Posts.xml", "posts", [_post_values(row, post) for row, post in posts])
        replies = Counter(post.parent_id for _, post in posts if post.parent_id is not None)
        self._database.executemany(
            "INSERT INTO families VALUES (?, ?) "
            "ON CONFLICT (parent) DO UPDATE SET replies = replies + excluded.replies",
            sorted(replies.items()),
        )

    def add_comments(self, comments: Sequence[tuple[int, CommentRow]]) -> None:
        """Remember under which post each comment stands, and whose it is."""
        self._tally.comments_without_user += sum(comment.user_id is None for _, comment in comments)
        rows = [(given.source_id, row, given.post_id, given.user_id, given.user_name) for row, given in comments]
        self._add("Comments.xml", "comments", rows)

    def add_votes(self, votes: Sequence[tuple[int, VoteRow]]) -> None:
        """Add votes to what their posts have; single votes are not kept."""
        tally = self._tally
        sums: dict[int, tuple[int, int]] = {}
        for _, vote in votes:
            tally.votes[vote.type_id] += 1
            tally.favourites += vote.type_id == FAVOURITE and vote.user_id is not None
            number, balance = sums.get(vote.post_id, (0, 0))
            sums[vote.post_id] = (number + 1, balance + (vote.type_id == UP) - (vote.type_id == DOWN))
        self._database.executemany(
            "INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT (post) DO UPDATE "
            "SET votes = votes + excluded.votes, balance = balance + excluded.balance",
            [(post, *both) for post, both in sorted(sums.items())],
        )

    def add_links(self, links: Sequence[tuple[int, LinkRow]]) -> None:
        """Remember which posts the links join."""
        self._database.executemany(
            "INSERT INTO links VALUES (?, ?)", [(given.post_id, given.related_id) for _, given in links]
        )

    def demand_parents(self) -> None:
        """Refuse a reply to a thread that is not there."""
        orphan = self._database.execute(
            "SELECT row, id, parent FROM posts r WHERE type = ? "
            "AND NOT EXISTS (SELECT 1 FROM posts t WHERE t.id = r.parent AND t.type = ?) ORDER BY row LIMIT 1",
            (REPLY, THREAD),
        ).fetchone()
        if orphan:
            row, reply, parent = orphan
            raise BrokenArchive("Posts.xml", row, f"reply {reply} belongs to thread {parent}, which is not in the file")

    def gather_writers(self) -> None:
        """Work out who wrote what is imported, each once, in an order that is the same every time."""
        for statement in _GATHER:
            self._database.execute(statement)

    def iter_writers(self, size: int) -> Iterator[tuple[int, Writer]]:
        """The writers with their numbers, from 1; so many are read at a time."""
        after = 0
        query = "SELECT number, key, user, name, network_id FROM writers WHERE number > ? ORDER BY number LIMIT ?"
        while batch := self._database.execute(query, (after, size)).fetchall():
            yield from ((row[0], Writer(*row[1:])) for row in batch)
            after = batch[-1][0]

    def iter_accepted(self, size: int) -> Iterator[list[tuple[int, int | None]]]:
        """Every thread with the reply that it accepts, if any, in batches: source ids of both."""
        after = 0
        query = "SELECT id, accepted FROM posts WHERE type = ? AND id > ? ORDER BY id LIMIT ?"
        while batch := self._database.execute(query, (THREAD, after, size)).fetchall():
            yield batch
            after = batch[-1][0]

    def counts(self, rows: dict[str, int]) -> dict[str, Any]:
        """Every count, with the rows of each file as they were read."""
        tally = self._tally
        return {
            "rows": rows,
            "threads": tally.types[THREAD],
            "replies": tally.types[REPLY],
            "other_posts": {str(kind): count for kind, count in tally.types.items() if kind not in {THREAD, REPLY}},
            "comments": rows.get("Comments", 0),
            "users": rows["Users"],
            "threads_with_accepted_answer": tally.accepted,
            "closed_threads": tally.closed,
            "posts_without_OwnerUserId": tally.without_user,
            "comments_without_UserId": tally.comments_without_user,
            "votes_by_type": {str(kind): tally.votes[kind] for kind in sorted(tally.votes)},
            "favourites_with_UserId": tally.favourites,
            "sum_of_scores_threads_and_replies": tally.scores,
            "first_post": _spelled(tally.first),
            "last_post": _spelled(tally.last),
            "licences": {name: tally.licences[name] for name in sorted(tally.licences)},
            **{name: self._number(query) for name, query in _COUNTS.items()},
        }

    def _count_post(self, post: PostRow) -> None:
        tally = self._tally
        tally.types[post.type_id] += 1
        if post.type_id not in {THREAD, REPLY}:
            return
        tally.scores += post.score
        tally.accepted += post.accepted_id is not None
        tally.closed += post.closed_at is not None
        tally.without_user += post.user_id is None
        tally.licences[post.licence_given or _LICENCE_ABSENT] += 1
        tally.first = min(tally.first or post.written_at, post.written_at)
        tally.last = max(tally.last or post.written_at, post.written_at)

    def _add(self, file: str, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows that start with id and row number. Raises BrokenArchive for an id that was there before."""
        if rows and self._database.executemany(_ADD[table], rows).rowcount < len(rows):
            self._complain_of_doubles(file, table, rows)

    def _complain_of_doubles(self, file: str, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        for source_id, row, *_ in rows:
            first = self._number(_ROW_OF[table], source_id)
            if first != row:
                raise BrokenArchive(file, row, f"Id {source_id} was already in row {first}")

    def _number(self, query: str, *values: int) -> int:
        return int(self._database.execute(query, values).fetchone()[0])


def _open_unlinked() -> sqlite3.Connection:
    """A database in a file that has no name any more: it is gone with the connection, however that ends."""
    handle, path = tempfile.mkstemp(prefix="stoa-import-")
    os.close(handle)
    try:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    finally:
        os.unlink(path)  # noqa: PTH108 -- mkstemp gives a str


def _post_values(row: int, post: PostRow) -> tuple[Any, ...]:
    return (
        *(post.source_id, row, post.type_id, post.parent_id, post.accepted_id),
        *(post.score, post.answer_count, post.user_id, post.user_name),
    )


def _spelled(moment: datetime | None) -> str | None:
    """A moment as the dump spells it."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") if moment else None


_COUNTS: Final = {
    "comments_on_threads_or_replies": "SELECT count(*) FROM remarks",
    "comments_not_stored": "SELECT (SELECT count(*) FROM comments) - (SELECT count(*) FROM remarks)",
    "users_who_posted_or_commented": "SELECT count(*) FROM seen",
    "authors": "SELECT count(*) FROM writers",
    "threads_without_reply": """SELECT count(*) FROM posts t
      WHERE type = 1 AND NOT EXISTS (SELECT 1 FROM families f WHERE f.parent = t.id)""",
    "accepted_not_in_dump": """SELECT count(*) FROM posts t LEFT JOIN posts r ON r.id = t.accepted AND r.parent = t.id
      WHERE t.type = 1 AND t.accepted IS NOT NULL AND r.id IS NULL""",
    "votes_on_posts_not_in_dump": """SELECT coalesce(sum(votes), 0) FROM tallies v
      WHERE NOT EXISTS (SELECT 1 FROM posts p WHERE p.id = v.post)""",
    "links_with_an_end_not_in_dump": """SELECT count(*) FROM links l
      WHERE NOT EXISTS (SELECT 1 FROM posts p WHERE p.id = l.post)
      OR NOT EXISTS (SELECT 1 FROM posts p WHERE p.id = l.related)""",
    "surplus_users_sharing_a_DisplayName": "SELECT (SELECT count(*) FROM users) - (SELECT count(*) FROM names)",
    "scores_unlike_votes": """SELECT count(*) FROM talk LEFT JOIN tallies ON tallies.post = talk.id
      WHERE score <> coalesce(balance, 0)""",
    "answer_counts_unlike_replies": """SELECT count(*) FROM posts t LEFT JOIN families f ON f.parent = t.id
      WHERE t.type = 1 AND answers <> coalesce(replies, 0)""",
}
"""What is counted at the end. The last two are checks of the source itself: nought where it keeps its own rules."""
