"""What is written on boards. One transaction each, with the row of the board's owner held and an event.

A form that is sent twice, with the same `submission`, is one scrap.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.channels import Channel
from domain.limits import Action
from domain.refusals import Reason, Refused
from domain.scraps import Scrap, ScrapKind, ScrapState, refuse_to_reply_to, scrap_keys
from domain.views import SafeHtml
from domain.visibility import Viewer
from storage.channels import refuse_to_reach, waits
from storage.database import Database, fetch_one
from storage.events import note
from storage.forum.commands import render_body
from storage.key_sets import intern_key_set
from storage.scraps.boards import Board, find_board
from storage.scraps.keys import scrap_of, scraps_with_above, seen_replies, visible_scrap
from storage.tables import Member
from storage.tables import Scrap as ScrapRow
from storage.throttle import count_act


@dataclass(frozen=True, slots=True)
class ScrapDraft:
    """What was typed into the composer of a board; `is_private` counts only where it answers nothing."""

    body: str
    submission: str = ""
    is_private: bool = False
    reply_to_id: int | None = None


async def write_scrap(
    database: Database, viewer: Viewer, address: str, draft: ScrapDraft, now: datetime
) -> int | Refused:
    """Leave a scrap on the board of the member with this address, or answer one there; returns its id."""
    html = await render_body(draft.body)
    if isinstance(html, Refused):
        return html
    async with database.writing() as connection:
        board = await _hold_board(connection, viewer, address)
        if board is None:
            return Refused(Reason.MISSING)
        if (known := await _find_sent(connection, viewer, board, draft)) is not None:
            return known
        above = await _find_above(connection, viewer, board, draft)
        if isinstance(above, Refused):
            return above
        if refused := await _refuse_to_write(connection, viewer, board, draft, now):
            return refused
        scrap = await _scrap_to_be(connection, viewer, board, draft, above)
        return await _add_scrap(connection, board, scrap, draft, html, now)


async def _hold_board(connection: AsyncConnection, viewer: Viewer, address: str) -> Board | None:
    """The board, if this viewer may read it, with its owner's row held before its keys are read."""
    holding = select(Member.c.member_id).where(Member.c.public_id == address)
    await connection.execute(holding.with_for_update(key_share=True))
    return await find_board(connection, viewer, address)


def _submission(viewer: Viewer, board: Board, draft: ScrapDraft) -> str | None:
    if not draft.submission:
        return None
    parts = ("scrap", str(viewer.member_id), str(board.owner_id), draft.submission, draft.body)
    return sha256("\0".join(parts).encode()).hexdigest()


async def _find_sent(connection: AsyncConnection, viewer: Viewer, board: Board, draft: ScrapDraft) -> int | None:
    submission = _submission(viewer, board, draft)
    if submission is None:
        return None
    row = await fetch_one(connection, select(ScrapRow.c.scrap_id).where(ScrapRow.c.submission == submission))
    return row.scrap_id if row else None


async def _find_above(
    connection: AsyncConnection, viewer: Viewer, board: Board, draft: ScrapDraft
) -> Scrap | Refused | None:
    """The scrap that a reply answers; refused where it takes none."""
    if draft.reply_to_id is None:
        return None
    target = (
        scraps_with_above()
        .add_columns(seen_replies(viewer.ring).label("replies"))
        .where(
            ScrapRow.c.scrap_id == draft.reply_to_id, ScrapRow.c.owner_id == board.owner_id, visible_scrap(viewer.ring)
        )
    )
    row = await fetch_one(connection, target)
    if row is None:
        return Refused(Reason.MISSING)
    above = scrap_of(row)
    return refuse_to_reply_to(above, row.replies) or above


async def _refuse_to_write(
    connection: AsyncConnection, viewer: Viewer, board: Board, draft: ScrapDraft, now: datetime
) -> Refused | None:
    """On one's own board one answers; on others' one reaches their owner. Counted once nothing else is in the way."""
    if viewer.member_id == board.owner_id and draft.reply_to_id is None:
        return Refused(Reason.INVALID)
    if refused := await refuse_to_reach(connection, viewer, board.owner_id, Channel.SCRAP):
        return refused
    return await count_act(connection, Action.SCRAP, viewer.member_id or 0, now)


async def _scrap_to_be(
    connection: AsyncConnection, viewer: Viewer, board: Board, draft: ScrapDraft, above: Scrap | None
) -> Scrap:
    """What is for two waits for nobody: it opens nothing. Nor does what the owner writes."""
    is_private = draft.is_private if above is None else above.is_private
    is_free = is_private or viewer.member_id == board.owner_id
    is_waiting = not is_free and await waits(connection, board.owner_id, Channel.SCRAP)
    state = ScrapState.WAITING if is_waiting else ScrapState.STANDING
    return Scrap(board.owner_id, viewer.member_id, ScrapKind.MEMBER, state, is_private, above=above)


async def _add_scrap(
    connection: AsyncConnection, board: Board, scrap: Scrap, draft: ScrapDraft, html: SafeHtml, now: datetime
) -> int:
    row: dict[str, Any] = {
        "owner_id": scrap.owner_id,
        "member_id": scrap.writer_id,
        "kind": scrap.kind.value,
        "reply_to_id": draft.reply_to_id,
        "body": draft.body,
        "html": html,
        "is_private": scrap.is_private,
        "state": scrap.state.value,
        "key_set_id": await intern_key_set(connection, scrap_keys(board.keys, scrap)),
        "written_at": now,
        "submission": _submission(Viewer(scrap.writer_id), board, draft),
    }
    added = await connection.execute(insert(ScrapRow).values(row).returning(ScrapRow.c.scrap_id))
    scrap_id: int = added.scalar_one()
    await note(connection, "scrap.written", now, scrap_id=scrap_id)
    return scrap_id
