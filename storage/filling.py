"""Fills an empty database with much plain talk, fast, for measuring: posts by bulk inserts, the rest by commands.

The first SIG is the one that is measured, and is the same however many posts there are: a thread of 20 posts, one of
500, and 998 more. What goes beyond stands in further SIGs of 1,000 threads. Nothing of it is random between two runs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import PostKind, ThreadKind
from domain.members import EntryKind, Slot, write_record
from domain.sigs import Circle, Role, post_keys, thread_keys
from domain.views import SafeHtml
from domain.visibility import ALL_MEMBERS, EVERYONE, MY_SIGS
from storage.database import Database
from storage.key_sets import intern_key_set
from storage.markup import render_markdown
from storage.members.keys import add_member, find_owner, write_entry
from storage.secrets import Seal
from storage.seeding import add_account, together
from storage.sessions import start_session
from storage.sigs import add_community, add_membership, add_sig
from storage.tables import Entry, Member, Participant, Post, Sig, Tag, Thread, ThreadTag

MEMBERS = 200
THREADS_A_SIG = 1_000
POSTS_OF_MEASURED_SIG = 10_000
POSTS_A_THREAD = 10
SHORT, LONG = 20, 500
FEWEST_POSTS = 200
IDLE_SIGS = 5
"""SIGs beside the measured one to which the measured member belongs, so that the ring has a usual length."""
TAGS = ("cash", "people", "law", "tools", "quality", "plans", "data", "costs", "risk", "time")
AT_ONCE = 5_000
"""Posts in one transaction."""

ENTRIES_OF_FULL_PAGE = 60

Report = Callable[[str, int, int | None], None]


class NotEmpty(RuntimeError):
    """There is something in the database already, and measuring must not touch it."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made: where to look, the session token of a member of the measured SIG, and those of all who write in
    it, because nobody may write much in an hour.

    `full_page` is the address of a page with `ENTRIES_OF_FULL_PAGE` entries, `bare_page` of one with the fewest.
    """

    sig: str
    short_thread: int
    long_thread: int
    other_threads: range
    full_page: str
    bare_page: str
    session: str
    writers: tuple[str, ...]
    counts: dict[str, int]


@dataclass(slots=True)
class _Batch:
    """Rows that go in together."""

    threads: list[dict[str, Any]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    participants: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every post stands on: ids that are known before the first one."""

    sigs: Sequence[int]
    members: Sequence[int]
    tags: dict[int, Sequence[int]]
    thread_keys: int
    post_keys: dict[int, int]
    bodies: Sequence[tuple[str, SafeHtml]]
    started: datetime


def thread_sizes(posts: int) -> Iterator[tuple[int, int]]:
    """For each thread the index of its SIG and its number of posts: the short one, the long one, then the others."""
    measured = min(posts, POSTS_OF_MEASURED_SIG)
    long = min(LONG, measured // 2)
    yield 0, SHORT
    yield 0, long
    left = measured - SHORT - long
    others = min(THREADS_A_SIG - 2, left // (POSTS_A_THREAD - 1))
    for index in range(others):
        yield 0, left // others + (index < left % others)
    left, index = posts - measured, THREADS_A_SIG
    while left > 0:
        yield index // THREADS_A_SIG, min(POSTS_A_THREAD, left)
        left, index = left - POSTS_A_THREAD, index + 1


async def fill(
    database: Database, seal: Seal, posts: int, bodies: Sequence[str], now: datetime, report: Report
) -> Filled:
    """Fill an empty database with so many posts. Raises NotEmpty."""
    sizes = list(thread_sizes(posts))
    started = now - timedelta(days=400)
    async with together(database) as one, one.writing() as connection:
        if await connection.scalar(select(func.count()).select_from(Sig)):
            raise NotEmpty("the database to measure with must be empty")
        ground, sessions = await _lay_ground(connection, seal, sizes[-1][0] + 1, bodies, started, now, report)
    numbers, written = count(1), 0
    for batch in _batches(sizes, ground, numbers):
        async with database.writing() as connection:
            await _write(connection, batch)
        written += len(batch.posts)
        report("Posts", written, posts)
    async with database.writing() as connection:
        await _count_up(connection)
        pages = await _make_pages(connection, now)
    return Filled(
        sig="measured",
        short_thread=1,
        long_thread=2,
        other_threads=range(3, sum(sig == 0 for sig, _ in sizes) + 1),
        full_page=pages[0],
        bare_page=pages[1],
        session=sessions[0],
        writers=sessions[1:],
        counts={"members": MEMBERS, "sigs": len(ground.sigs), "threads": len(sizes), "posts": posts},
    )


async def _lay_ground(
    connection: AsyncConnection,
    seal: Seal,
    sigs_with_talk: int,
    bodies: Sequence[str],
    started: datetime,
    now: datetime,
    report: Report,
) -> tuple[_Ground, tuple[str, ...]]:
    sigs = await _add_sigs(connection, max(sigs_with_talk, IDLE_SIGS + 1), started)
    members = []
    for number in range(1, MEMBERS + 1):
        members.append(
            await _add_member(connection, number, sigs[:1] if number > 1 else sigs[: IDLE_SIGS + 1], started)
        )
        report("Members", number, MEMBERS)
    sessions = tuple([await _sign_in(connection, seal, member_id, started, now) for member_id in members])
    public = Circle.EVERYONE
    ground = _Ground(
        sigs=sigs,
        members=members,
        tags={sig: [await _add_tag(connection, sig, name) for name in TAGS] for sig in sigs[:sigs_with_talk]},
        thread_keys=await intern_key_set(connection, thread_keys(public, sigs[0])),
        post_keys={who: await intern_key_set(connection, post_keys(public, sigs[0], who)) for who in members},
        bodies=[(body, render_markdown(body)) for body in bodies],
        started=started,
    )
    return ground, sessions


async def _sign_in(connection: AsyncConnection, seal: Seal, member_id: int, started: datetime, now: datetime) -> str:
    account = await add_account(connection, seal, member_id, f"measured{member_id}@example.org", "nobody's", started)
    return (await start_session(connection, account, "wrk", now, remember=False)).session


async def _add_sigs(connection: AsyncConnection, how_many: int, started: datetime) -> list[int]:
    community = await add_community(connection, "scratch", "Scratch", "Made to be measured.")
    slugs = ["measured", *(f"further-{number}" for number in range(1, how_many))]
    return [
        await add_sig(connection, community, slug, slug.capitalize(), "Made to be measured.", Circle.EVERYONE, started)
        for slug in slugs
    ]


async def _add_member(connection: AsyncConnection, number: int, sigs: Sequence[int], started: datetime) -> int:
    entries = {
        EntryKind.NAME: f"Member Number{number}",
        EntryKind.PROFESSION: "Production planner",
        EntryKind.EMAIL: "",
    }
    member_id = await add_member(connection, entries, started, has_public_page=True, in_good_standing=True)
    for sig in sigs:
        await add_membership(connection, member_id, sig, Role.MEMBER, started)
    return member_id


async def _make_pages(connection: AsyncConnection, now: datetime) -> list[str]:
    """Fill the page of one member, of records that everyone, members or people in their SIGs may see by turns; returns
    its address, and that of one who has written nothing more."""
    rows = await connection.execute(
        select(Member.c.member_id, Member.c.public_id).order_by(Member.c.member_id).limit(3)
    )
    _measured, full, bare = rows.all()
    owner = await find_owner(connection, full.member_id)
    stored = await connection.scalar(select(func.count()).where(Entry.c.member_id == full.member_id)) or 0
    for number in range(1, ENTRIES_OF_FULL_PAGE - stored + 1):
        job = {"role": f"Planner {number}", "company": "Works", "start": "2001", "end": "2005-03", "text": "Planned."}
        value = write_record(EntryKind.EXPERIENCE, job)
        audience = (EVERYONE, ALL_MEMBERS, MY_SIGS)[number % 3]
        await write_entry(connection, owner, Slot(EntryKind.EXPERIENCE, number), value, audience, now)
    return [full.public_id, bare.public_id]


async def _add_tag(connection: AsyncConnection, sig: int, name: str) -> int:
    added = await connection.execute(insert(Tag).values(sig_id=sig, name=name, thread_count=0).returning(Tag.c.tag_id))
    tag_id: int = added.scalar_one()
    return tag_id


def _batches(sizes: Sequence[tuple[int, int]], ground: _Ground, numbers: Iterator[int]) -> Iterator[_Batch]:
    batch, chance = _Batch(), Random(7)  # noqa: S311 -- chance that must be the same every time
    for thread_id, (sig, size) in enumerate(sizes, start=1):
        _add_thread(batch, ground, thread_id, ground.sigs[sig], [chance.choice(ground.members) for _ in range(size)])
        _add_posts(batch, ground, numbers, chance)
        if len(batch.posts) >= AT_ONCE:
            yield batch
            batch = _Batch()
    if batch.posts:
        yield batch


def _add_thread(batch: _Batch, ground: _Ground, thread_id: int, sig: int, authors: Sequence[int]) -> None:
    opened = ground.started + timedelta(minutes=thread_id % 500_000)
    tags = [thread_id % len(TAGS), (thread_id * 3 + 1) % len(TAGS)]
    batch.threads.append(
        {
            "thread_id": thread_id,
            "sig_id": sig,
            "member_id": authors[0],
            "kind": ThreadKind.DISCUSSION.value,
            "title": f"Thread {thread_id}: what we tried, what it cost, and what came of it",
            "tag_names": " ".join(TAGS[tag] for tag in dict.fromkeys(tags)),
            "key_set_id": ground.thread_keys,
            "started_at": opened,
            "last_post_at": opened + timedelta(seconds=len(authors)),
            "last_member_id": authors[-1],
            "post_count": len(authors),
            "version": 1,
        }
    )
    batch.tags += [{"tag_id": ground.tags[sig][tag], "thread_id": thread_id} for tag in dict.fromkeys(tags)]
    batch.participants += [
        {"thread_id": thread_id, "member_id": who, "number": number}
        for number, who in enumerate(dict.fromkeys(authors), start=1)
    ]
    batch.posts += [{"thread_id": thread_id, "member_id": who, "written_at": opened} for who in authors]


def _add_posts(batch: _Batch, ground: _Ground, numbers: Iterator[int], chance: Random) -> None:
    """Complete the posts of the thread that was added last: every third one answers the one before it."""
    size = batch.threads[-1]["post_count"]
    for number, row in enumerate(batch.posts[-size:], start=1):
        post_id = next(numbers)
        body, html = ground.bodies[chance.randrange(len(ground.bodies))]
        row |= {
            "post_id": post_id,
            "number": number,
            "kind": (PostKind.OPENING if number == 1 else PostKind.REPLY).value,
            "reply_to_id": post_id - 1 if number % 3 == 0 else None,
            "body": body,
            "html": html,
            "key_set_id": ground.post_keys[row["member_id"]],
            "written_at": row["written_at"] + timedelta(seconds=number),
            "version": 1,
        }


async def _write(connection: AsyncConnection, batch: _Batch) -> None:
    for table, rows in (
        (Thread, batch.threads),
        (ThreadTag, batch.tags),
        (Participant, batch.participants),
        (Post, batch.posts),
    ):
        await connection.execute(insert(table), rows)


async def _count_up(connection: AsyncConnection) -> None:
    """Set the kept counters and, on PostgreSQL, the sequences of the ids that were given here."""
    of_sig = Thread.c.sig_id == Sig.c.sig_id
    counted = {
        "thread_count": select(func.count()).where(of_sig).scalar_subquery(),
        "post_count": select(func.coalesce(func.sum(Thread.c.post_count), 0)).where(of_sig).scalar_subquery(),
        "last_post_at": select(func.max(Thread.c.last_post_at)).where(of_sig).scalar_subquery(),
    }
    await connection.execute(update(Sig).values(counted))
    held = select(func.count()).where(ThreadTag.c.tag_id == Tag.c.tag_id).scalar_subquery()
    await connection.execute(update(Tag).values(thread_count=held))
    if connection.dialect.name == "postgresql":
        for table, column in ((Thread, Thread.c.thread_id), (Post, Post.c.post_id)):
            highest = select(func.max(column)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.__tablename__, column.name)
            await connection.execute(select(func.setval(sequence, highest)))
