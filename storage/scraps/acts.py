"""What becomes of a scrap: its owner lets it stand, hides or deletes it, its writer takes it back or leaves.

What narrows is gone at the next request, and what is deleted is wiped at once: nothing of it is left but its place.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.refusals import Reason, Refused
from domain.scraps import (
    Scrap,
    ScrapKind,
    ScrapState,
    refuse_to_delete,
    refuse_to_hide,
    refuse_to_release,
    refuse_to_take_back,
)
from domain.visibility import Viewer
from storage.database import Database, fetch_all, fetch_one
from storage.events import note
from storage.members.keys import hold_owner
from storage.scraps.keys import rekey_scraps, scrap_of, scraps_with_above, visible_scrap
from storage.tables import Scrap as ScrapRow

Rule = Callable[[Viewer, Scrap], Refused | None]


async def release_scrap(database: Database, viewer: Viewer, scrap_id: int, now: datetime) -> int | Refused:
    """Let a scrap stand that waited or was hidden. Returns its id, also when it stood already."""
    async with database.writing() as connection:
        scrap = await _hold_scrap(connection, viewer, scrap_id, refuse_to_release)
        if isinstance(scrap, Refused):
            return scrap
        if scrap.state is ScrapState.STANDING:
            return scrap_id
        await _place(connection, scrap, scrap_id, ScrapState.STANDING)
        if scrap.state is ScrapState.WAITING:
            await note(connection, "scrap.released", now, scrap_id=scrap_id)
    return scrap_id


async def hide_scrap(database: Database, viewer: Viewer, scrap_id: int) -> int | Refused:
    """Hide a scrap on one's board from all but oneself and who wrote it; replies to it with it."""
    async with database.writing() as connection:
        scrap = await _hold_scrap(connection, viewer, scrap_id, refuse_to_hide)
        if isinstance(scrap, Refused):
            return scrap
        await _place(connection, scrap, scrap_id, ScrapState.HIDDEN)
    return scrap_id


async def _place(connection: AsyncConnection, scrap: Scrap, scrap_id: int, state: ScrapState) -> None:
    change = update(ScrapRow).where(ScrapRow.c.scrap_id == scrap_id).values(state=state.value)
    await connection.execute(change)
    await rekey_scraps(connection, scrap.owner_id, scrap_id)


async def withhold_scrap(connection: AsyncConnection, scrap_id: int) -> bool:
    """For the staff: close a scrap to all but the two whose it is; False when it is gone, or was closed before."""
    scrap = await _hold_any_scrap(connection, scrap_id)
    if scrap is None or scrap.kind is ScrapKind.SYSTEM or scrap.state is ScrapState.WITHHELD:
        return False
    await _place(connection, scrap, scrap_id, ScrapState.WITHHELD)
    return True


async def give_scrap_back(connection: AsyncConnection, scrap_id: int) -> None:
    """Undo that: the scrap stays hidden until its owner lets it stand again."""
    scrap = await _hold_any_scrap(connection, scrap_id)
    if scrap is not None and scrap.state is ScrapState.WITHHELD:
        await _place(connection, scrap, scrap_id, ScrapState.HIDDEN)


async def _hold_any_scrap(connection: AsyncConnection, scrap_id: int) -> Scrap | None:
    owner_id: int | None = await connection.scalar(select(ScrapRow.c.owner_id).where(ScrapRow.c.scrap_id == scrap_id))
    if owner_id is None:
        return None
    await hold_owner(connection, owner_id)
    statement = scraps_with_above().where(ScrapRow.c.scrap_id == scrap_id, ScrapRow.c.deleted_at.is_(None))
    row = await fetch_one(connection, statement)
    return scrap_of(row) if row else None


async def delete_scrap(database: Database, viewer: Viewer, scrap_id: int, now: datetime) -> int | Refused:
    """Delete a scrap on one's board, and with it the replies to it. Deleting one of Stoa's dismisses it."""
    with_replies = (ScrapRow.c.scrap_id == scrap_id) | (ScrapRow.c.reply_to_id == scrap_id)
    return await _end(database, viewer, scrap_id, refuse_to_delete, with_replies, now)


async def take_back_scrap(database: Database, viewer: Viewer, scrap_id: int, now: datetime) -> int | Refused:
    """Take back what one wrote. Replies to it are other people's words, and stand."""
    return await _end(database, viewer, scrap_id, refuse_to_take_back, ScrapRow.c.scrap_id == scrap_id, now)


async def _end(
    database: Database, viewer: Viewer, scrap_id: int, rule: Rule, which: ColumnElement[bool], now: datetime
) -> int | Refused:
    async with database.writing() as connection:
        scrap = await _hold_scrap(connection, viewer, scrap_id, rule)
        if isinstance(scrap, Refused):
            return scrap
        standing = select(ScrapRow.c.scrap_id, ScrapRow.c.kind).where(which, ScrapRow.c.deleted_at.is_(None))
        for row in await fetch_all(connection, standing.order_by(ScrapRow.c.scrap_id)):
            await _wipe(connection, row, now)
        await rekey_scraps(connection, scrap.owner_id, scrap_id)
    return scrap_id


async def _wipe(connection: AsyncConnection, row: Row[tuple[int, str]], now: datetime) -> None:
    """The mark of the form goes with the text that it was made of; that of Stoa's own stays, so that what was dismissed
    does not come again."""
    values: dict[str, object] = {"body": "", "html": "", "deleted_at": now}
    if row.kind != ScrapKind.SYSTEM:
        values["submission"] = None
    await connection.execute(update(ScrapRow).where(ScrapRow.c.scrap_id == row.scrap_id).values(values))
    await note(connection, "scrap.deleted", now, scrap_id=row.scrap_id)


async def _hold_scrap(connection: AsyncConnection, viewer: Viewer, scrap_id: int, rule: Rule) -> Scrap | Refused:
    """A scrap that the viewer sees or wrote, with the row of its board's owner held; refused where the rule does."""
    owner = select(ScrapRow.c.owner_id).where(ScrapRow.c.scrap_id == scrap_id)
    owner_id: int | None = await connection.scalar(owner)
    if owner_id is None:
        return Refused(Reason.MISSING)
    await hold_owner(connection, owner_id)
    is_mine = ScrapRow.c.member_id == (viewer.member_id or 0)
    statement = scraps_with_above().where(ScrapRow.c.scrap_id == scrap_id, ScrapRow.c.deleted_at.is_(None))
    row = await fetch_one(connection, statement.where(visible_scrap(viewer.ring) | is_mine))
    if row is None:
        return Refused(Reason.MISSING)
    scrap = scrap_of(row)
    return rule(viewer, scrap) or scrap


async def release_scraps_of(connection: AsyncConnection, member_id: int) -> None:
    """A member leaves for good: what they wrote on other pages stays with whom they wrote it to, and names nobody."""
    theirs = (ScrapRow.c.member_id == member_id) & (ScrapRow.c.owner_id != member_id)
    owners = select(ScrapRow.c.owner_id).where(theirs).distinct().order_by(ScrapRow.c.owner_id)
    for owner_id in (await connection.execute(owners)).scalars().all():
        await hold_owner(connection, owner_id)
        of_board = theirs & (ScrapRow.c.owner_id == owner_id)
        nobody = {"member_id": None, "kind": ScrapKind.FORMER.value, "submission": None}
        await connection.execute(update(ScrapRow).where(of_board).values(nobody))
        await rekey_scraps(connection, owner_id)
