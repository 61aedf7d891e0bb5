"""The public page of a member: what everyone sees of it, whether programs may learn from it and search finds it, and
the check-up."""

from datetime import datetime

from sqlalchemy import select, update

from domain.exposure import PublicPage
from domain.members import MemberPage
from domain.search import SearchChoicePage
from domain.visibility import VISITOR, Viewer
from storage.database import Database, fetch_one
from storage.events import note
from storage.members.editing import Unsaved
from storage.members.forms import widening_of
from storage.members.page import read_member_page
from storage.members.receipts import list_receipts
from storage.secrets import Seal
from storage.tables import Member


async def find_public_page(database: Database, seal: Seal, owner: Viewer, unsaved: Unsaved | None = None) -> PublicPage:
    """The switch with what a visitor sees now, and with what waits for a yes."""
    member_id = owner.member_id or 0
    async with database.reading() as connection:
        columns = (Member.c.public_id, Member.c.has_public_page, Member.c.refuses_ai_since)
        member = await fetch_one(connection, select(*columns).where(Member.c.member_id == member_id))
        assert member is not None
        page = await read_member_page(connection, seal, VISITOR, member.public_id)
        return PublicPage(
            address=member.public_id,
            is_on=member.has_public_page,
            refuses_ai=member.refuses_ai_since is not None,
            entries=page.entries if isinstance(page, MemberPage) else (),
            receipts=await list_receipts(connection, member_id),
            widening=await widening_of(connection, seal, member_id, unsaved) if unsaved else (),
        )


async def switch_ai(database: Database, member_id: int, now: datetime, *, refuses: bool) -> None:
    """Say whether programs that feed models may read one's public page."""
    since = now if refuses else None
    async with database.writing() as connection:
        change = update(Member).where(Member.c.member_id == member_id).values(refuses_ai_since=since)
        await connection.execute(change)
        await note(connection, "member.changed", now, member_id=member_id)


async def find_search_choice(database: Database, member_id: int, *, saved: bool = False) -> SearchChoicePage:
    """Whether search finds this member."""
    async with database.reading() as connection:
        chosen = select(Member.c.unsearched_since).where(Member.c.member_id == member_id)
        return SearchChoicePage(is_found=await connection.scalar(chosen) is None, saved=saved)


async def choose_search(database: Database, member_id: int, now: datetime, *, is_found: bool) -> None:
    """Say whether search and completion find this member; it counts from the next request on."""
    async with database.writing() as connection:
        since = {"unsearched_since": None if is_found else now}
        change = update(Member).where(Member.c.member_id == member_id).values(since)
        await connection.execute(change)


async def note_check_up(database: Database, member_id: int, now: datetime) -> None:
    """Note that a member has been through the privacy check-up."""
    async with database.writing() as connection:
        change = update(Member).where(Member.c.member_id == member_id).values(checked_up_at=now)
        await connection.execute(change)
