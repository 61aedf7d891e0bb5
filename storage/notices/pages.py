"""The page of notices, the count in the header, and marking as seen: all over what its member may see now."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from sqlalchemy import bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.notices import KEEP_NOTICES_FOR, MOST_COUNTED, NOTICES_A_PAGE, NoticeDay, NoticeLine, NoticesPage
from domain.visibility import Viewer
from storage.database import Database
from storage.notices.reading import among, fetch_visible, lines_of, notice_lines, visible_notices
from storage.tables import Id, Mention, Notice, Post

_UNSEEN = visible_notices().where(Notice.c.seen_at.is_(None)).limit(MOST_COUNTED + 1)
_COUNT = select(func.count()).select_from(_UNSEEN.subquery())
_BEFORE = bindparam("before", type_=Id)
_PAGE = notice_lines().where(Notice.c.notice_id < _BEFORE).order_by(Notice.c.notice_id.desc()).limit(NOTICES_A_PAGE + 1)
_ONE = among(notice_lines())
_HIGHEST = 2**63 - 1


async def count_unseen(connection: AsyncConnection, viewer: Viewer, now: datetime) -> int:
    """How many notices wait that this viewer may see; one more than `MOST_COUNTED` stands for any number beyond."""
    (row,) = await fetch_visible(connection, _COUNT, viewer, now)
    return int(row[0])


async def find_notices_page(
    database: Database, viewer: Viewer, now: datetime, unseen: int, before: int | None = None
) -> NoticesPage:
    """One page of notices: the newest, or those before one. `unseen` is what the header counted."""
    async with database.reading() as connection:
        rows = await fetch_visible(connection, _PAGE, viewer, now, before=before or _HIGHEST)
        found = await lines_of(connection, viewer, rows)
    lines = found[:NOTICES_A_PAGE]
    return NoticesPage(
        days=tuple(_days(lines)),
        unseen=unseen,
        newest=lines[0].notice_id if lines else None,
        older=lines[-1].notice_id if len(found) > NOTICES_A_PAGE else None,
        is_first=before is None,
    )


def _days(lines: Iterable[NoticeLine]) -> Iterable[NoticeDay]:
    for _, notices in groupby(lines, key=lambda line: line.made_at.date()):
        of_day = tuple(notices)
        yield NoticeDay(day=of_day[0].made_at, notices=of_day)


async def find_notice(database: Database, viewer: Viewer, notice_id: int, now: datetime) -> NoticeLine | None:
    """One notice; None when it is unknown, somebody else's, or about what no longer opens."""
    async with database.reading() as connection:
        rows = await fetch_visible(connection, _ONE, viewer, now, notice_ids=[notice_id])
        lines = await lines_of(connection, viewer, rows)
    return lines[0] if lines else None


async def see_notice(database: Database, viewer: Viewer, notice_id: int, now: datetime) -> NoticeLine | None:
    """Mark one notice as seen, and give it; None as for `find_notice`."""
    line = await find_notice(database, viewer, notice_id, now)
    if line is not None and not line.is_seen:
        async with database.writing() as connection:
            seeing = update(Notice).where(Notice.c.notice_id == notice_id, Notice.c.seen_at.is_(None))
            await connection.execute(seeing.values(seen_at=now))
    return line


async def see_all(database: Database, member_id: int, until: int | None, now: datetime) -> None:
    """Mark as seen every notice up to this one, which was the newest on the page; what came since stays new."""
    unseen = (Notice.c.member_id == member_id) & Notice.c.seen_at.is_(None)
    if until is not None:
        unseen &= Notice.c.notice_id <= until
    async with database.writing() as connection:
        await connection.execute(update(Notice).where(unseen).values(seen_at=now))


async def forget_old_notices(connection: AsyncConnection, now: datetime) -> None:
    """Delete notices that were made long ago, and whom posts named of which no text is left."""
    await connection.execute(delete(Notice).where(Notice.c.made_at < now - KEEP_NOTICES_FOR))
    wiped = exists().where(Post.c.post_id == Mention.c.post_id, Post.c.deleted_at.is_not(None), Post.c.html == "")
    await connection.execute(delete(Mention).where(wiped))
