"""The pages of scraps: a board by key set, one's own scraps elsewhere, and the place of a single one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.channels import Channel
from domain.members import Person
from domain.refusals import Reason, Refused
from domain.scraps import (
    SCRAPS_A_PAGE,
    BoardPage,
    ConversationView,
    MyScrapsPage,
    ScrapForm,
    ScrapState,
    ScrapView,
    refuse_to_reply_to,
)
from domain.visibility import Viewer, own_key
from storage.channels import refuse_to_reach, waits
from storage.database import Database, fetch_all, fetch_one
from storage.key_sets import opens
from storage.members.people import find_people
from storage.scraps.boards import Board, find_board
from storage.scraps.keys import scrap_of, scraps_with_above, seen_replies, visible_scrap
from storage.scraps.views import author_of, place_of, scrap_view
from storage.tables import KeySet, Member
from storage.tables import Scrap as ScrapRow

_Reply = ScrapRow.table.alias()


@dataclass(frozen=True, slots=True)
class BoardPlace:
    """Which page of a board: the newest, or those before or after a scrap."""

    before: int | None = None
    after: int | None = None


def _whole_scraps() -> Select[Any]:
    return (
        scraps_with_above()
        .add_columns(
            ScrapRow.c.topic,
            ScrapRow.c.html,
            ScrapRow.c.written_at,
            KeySet.c.text.label("keys"),
        )
        .join(KeySet, KeySet.c.key_set_id == ScrapRow.c.key_set_id)
    )


def _on_board(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: a scrap that the viewer sees, or the place of one that is gone under which a reply stands that they see."""
    reply = exists().where(_Reply.c.reply_to_id == ScrapRow.c.scrap_id, visible_scrap(viewer.ring, _Reply))
    return visible_scrap(viewer.ring) | (ScrapRow.c.deleted_at.is_not(None) & reply)


async def find_board_page(
    database: Database, viewer: Viewer, address: str, place: BoardPlace, form: ScrapForm
) -> BoardPage | None:
    """One page of a board as this viewer gets it, with what they typed; None when there is no board for them."""
    async with database.reading() as connection:
        board = await find_board(connection, viewer, address)
        if board is None:
            return None
        is_own = viewer.member_id == board.owner_id
        refused = await refuse_to_reach(connection, viewer, board.owner_id, Channel.SCRAP)
        waiting = await waits(connection, board.owner_id, Channel.SCRAP)
        rows, newer, older = await _page_of(connection, viewer, board, place)
        replies = await _replies_to(connection, viewer, [row.scrap_id for row in rows])
        target = await _target(connection, viewer, board, form.reply_to_id)
        people = await find_people(connection, _writers((*rows, *replies, *filter(None, [target]))))
    answered = _answered(form, target, people, viewer)
    may_answer = refused is None
    return BoardPage(
        address=address,
        owner=board.line,
        is_own=is_own,
        key=board.chip,
        conversations=_conversations(rows, replies, people, viewer, board, may_reply=may_answer),
        newer=newer,
        older=older,
        may_write=may_answer and (not is_own or answered.reply_to_id is not None),
        waits=waiting and not is_own and not answered.is_for_two,
        form=answered,
    )


async def _page_of(
    connection: AsyncConnection, viewer: Viewer, board: Board, place: BoardPlace
) -> tuple[Sequence[Row[Any]], int | None, int | None]:
    """The scraps of a page, the newest first, and the cursors of its neighbours."""
    scrap_id = ScrapRow.c.scrap_id
    statement = _whole_scraps().where(
        ScrapRow.c.owner_id == board.owner_id, ScrapRow.c.reply_to_id.is_(None), _on_board(viewer)
    )
    if place.after is not None:
        ordered = statement.where(scrap_id > place.after).order_by(scrap_id)
    else:
        wanted = statement if place.before is None else statement.where(scrap_id < place.before)
        ordered = wanted.order_by(scrap_id.desc())
    rows = await fetch_all(connection, ordered.limit(SCRAPS_A_PAGE + 1))
    has_more, rows = len(rows) > SCRAPS_A_PAGE, rows[:SCRAPS_A_PAGE]
    if place.after is not None:
        rows.reverse()
    has_newer = has_more if place.after is not None else place.before is not None
    has_older = has_more or place.after is not None
    newer = rows[0].scrap_id if rows and has_newer else None
    return rows, newer, rows[-1].scrap_id if rows and has_older else None


async def _replies_to(connection: AsyncConnection, viewer: Viewer, scrap_ids: Sequence[int]) -> Sequence[Row[Any]]:
    statement = _whole_scraps().where(ScrapRow.c.reply_to_id.in_(scrap_ids), visible_scrap(viewer.ring))
    return await fetch_all(connection, statement.order_by(ScrapRow.c.scrap_id))


async def _target(connection: AsyncConnection, viewer: Viewer, board: Board, scrap_id: int | None) -> Row[Any] | None:
    """The scrap that the form answers, if it takes an answer and the viewer sees it."""
    if scrap_id is None:
        return None
    of_board = (ScrapRow.c.scrap_id == scrap_id) & (ScrapRow.c.owner_id == board.owner_id)
    statement = _whole_scraps().add_columns(seen_replies(viewer.ring).label("replies"))
    row: Row[Any] | None = await fetch_one(connection, statement.where(of_board, visible_scrap(viewer.ring)))
    takes_replies = row is not None and refuse_to_reply_to(scrap_of(row), row.replies) is None
    return row if takes_replies else None


def _answered(form: ScrapForm, target: Row[Any] | None, people: dict[int, Person], viewer: Viewer) -> ScrapForm:
    """The form with whom it answers; without, where there is nothing to answer."""
    if target is None:
        return replace(form, reply_to_id=None)
    return replace(form, reply_to=author_of(target, people, viewer.ring), is_for_two=target.is_private)


def _writers(rows: Iterable[Row[Any]]) -> set[int]:
    return {row.member_id for row in rows if row.member_id is not None}


def _conversations(
    rows: Sequence[Row[Any]],
    replies: Sequence[Row[Any]],
    people: dict[int, Person],
    viewer: Viewer,
    board: Board,
    *,
    may_reply: bool,
) -> tuple[ConversationView, ...]:
    by_scrap: dict[int, list[ScrapView]] = {}
    for reply in replies:
        by_scrap.setdefault(reply.reply_to_id, []).append(scrap_view(reply, people, viewer, board.chip))
    found = []
    for row in rows:
        under = tuple(by_scrap.get(row.scrap_id, ()))
        takes = row.deleted_at is None and refuse_to_reply_to(scrap_of(row), len(under)) is None
        view = place_of(row) if row.deleted_at else scrap_view(row, people, viewer, board.chip)
        found.append(ConversationView(scrap=view, replies=under, may_reply=takes and may_reply))
    return tuple(found)


async def find_my_scraps(database: Database, viewer: Viewer, before: int | None = None) -> MyScrapsPage:
    """What waits for this member, and what they left on other pages: also where they may no longer read the board."""
    member_id = viewer.member_id or 0
    standing = _whole_scraps().where(ScrapRow.c.deleted_at.is_(None))
    waiting = standing.where(ScrapRow.c.owner_id == member_id, ScrapRow.c.state == ScrapState.WAITING.value)
    left = standing.where(ScrapRow.c.member_id == member_id, ScrapRow.c.owner_id != member_id)
    left = left.where(opens(ScrapRow.c.key_set_id, frozenset({own_key(member_id)})))
    if before is not None:
        left = left.where(ScrapRow.c.scrap_id < before)
    async with database.reading() as connection:
        address: str = await connection.scalar(select(Member.c.public_id).where(Member.c.member_id == member_id)) or ""
        due = await fetch_all(connection, waiting.order_by(ScrapRow.c.scrap_id).limit(SCRAPS_A_PAGE + 1))
        rows = await fetch_all(connection, left.order_by(ScrapRow.c.scrap_id.desc()).limit(SCRAPS_A_PAGE + 1))
        people = await find_people(connection, _writers((*due, *rows)) | {row.owner_id for row in rows})
    shown = rows[:SCRAPS_A_PAGE]
    return MyScrapsPage(
        address=address,
        waiting=tuple(scrap_view(row, people, viewer, None) for row in due[:SCRAPS_A_PAGE]),
        has_more_waiting=len(due) > SCRAPS_A_PAGE,
        left=tuple(scrap_view(row, people, viewer, None, with_owner=True) for row in shown),
        older=shown[-1].scrap_id if len(rows) > SCRAPS_A_PAGE else None,
    )


async def find_scrap_path(database: Database, viewer: Viewer, scrap_id: int) -> str | Refused:
    """Where a scrap stands for this viewer: on its board, or among their own where they may not read that.

    Refused as missing when they do not see it.
    """
    async with database.reading() as connection:
        row = await _find_placed(connection, viewer, scrap_id)
        if row is None:
            return Refused(Reason.MISSING)
        top = row.reply_to_id or row.scrap_id
        if row.is_visible and await find_board(connection, viewer, row.public_id):
            place = await _place_on_board(connection, viewer, row.owner_id, top)
            if place is not None:
                return f"/people/{row.public_id}/scraps{place}#scrap-{scrap_id}"
    if row.member_id is None or row.member_id != viewer.member_id:
        return Refused(Reason.MISSING)
    return f"/scraps?before={scrap_id + 1}#scrap-{scrap_id}"


async def _find_placed(connection: AsyncConnection, viewer: Viewer, scrap_id: int) -> Row[Any] | None:
    """A scrap that the viewer sees, or wrote, with the address of its owner's page."""
    is_visible = visible_scrap(viewer.ring)
    statement = (
        select(
            ScrapRow.c.scrap_id,
            ScrapRow.c.owner_id,
            ScrapRow.c.member_id,
            ScrapRow.c.reply_to_id,
            Member.c.public_id,
            is_visible.label("is_visible"),
        )
        .join(Member, Member.c.member_id == ScrapRow.c.owner_id)
        .where(ScrapRow.c.scrap_id == scrap_id, ScrapRow.c.deleted_at.is_(None))
    )
    is_mine = ScrapRow.c.member_id == (viewer.member_id or 0)
    row: Row[Any] | None = await fetch_one(connection, statement.where(is_visible | is_mine))
    return row


async def _place_on_board(connection: AsyncConnection, viewer: Viewer, owner_id: int, top: int) -> str | None:
    """The query of the page on which a conversation stands: none for the newest. None when it does not show there."""
    on_board = (ScrapRow.c.owner_id == owner_id) & ScrapRow.c.reply_to_id.is_(None) & _on_board(viewer)
    if await fetch_one(connection, select(ScrapRow.c.scrap_id).where(ScrapRow.c.scrap_id == top, on_board)) is None:
        return None
    newer = select(ScrapRow.c.scrap_id).where(on_board, ScrapRow.c.scrap_id > top).limit(SCRAPS_A_PAGE)
    count = (await connection.execute(select(func.count()).select_from(newer.subquery()))).scalar_one()
    return "" if count < SCRAPS_A_PAGE else f"?before={top + 1}"
