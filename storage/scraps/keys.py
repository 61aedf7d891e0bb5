"""Keys of scraps: worked out from those of their board, and anew, in the same transaction, whenever these change.

The row of the board's owner is held by whoever writes a scrap and by whoever changes the keys of the board, so that no
scrap is written under keys that have just been narrowed.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import EntryKind
from domain.scraps import Scrap, ScrapKind, ScrapState, scrap_keys
from domain.visibility import Keys, own_key
from storage.database import fetch_all, fetch_one
from storage.key_sets import RingOrParameter, intern_key_set, opens_towards, parse_keys
from storage.tables import Entry, KeySet
from storage.tables import Scrap as ScrapRow

Above = ScrapRow.table.alias()
"""The scrap that a reply answers, in `scraps_with_above`."""

_Reply = ScrapRow.table.alias()

_AT_ONCE = 500


def visible_scrap(ring: RingOrParameter, scrap: Any = ScrapRow) -> ColumnElement[bool]:
    """SQL: the holder of this ring sees the scrap (`domain.scraps.may_see_scrap`)."""
    return and_(scrap.c.deleted_at.is_(None), opens_towards(scrap.c.owner_id, scrap.c.key_set_id, ring))


def scraps_with_above() -> Select[Any]:
    """SQL: what the rules need of a scrap, and of the one that it answers."""
    return select(
        ScrapRow.c.scrap_id,
        ScrapRow.c.owner_id,
        ScrapRow.c.member_id,
        ScrapRow.c.kind,
        ScrapRow.c.state,
        ScrapRow.c.is_private,
        ScrapRow.c.deleted_at,
        ScrapRow.c.reply_to_id,
        ScrapRow.c.key_set_id,
        Above.c.member_id.label("above_member_id"),
        Above.c.kind.label("above_kind"),
        Above.c.state.label("above_state"),
        Above.c.is_private.label("above_is_private"),
    ).outerjoin(Above, Above.c.scrap_id == ScrapRow.c.reply_to_id)


def seen_replies(ring: RingOrParameter) -> ColumnElement[int]:
    """SQL: how many replies to a scrap the holder of this ring sees. The form and the reply count the same, so that
    nothing is offered and then refused, and nobody learns of what they do not see."""
    to_it = select(func.count()).where(_Reply.c.reply_to_id == ScrapRow.c.scrap_id, visible_scrap(ring, _Reply))
    return to_it.correlate(ScrapRow.table).scalar_subquery()


def scrap_of(row: Row[Any]) -> Scrap:
    """A row of `scraps_with_above` as the rules need it."""
    above = None
    if row.reply_to_id is not None:
        kind, state = ScrapKind(row.above_kind), ScrapState(row.above_state)
        above = Scrap(row.owner_id, row.above_member_id, kind, state, row.above_is_private)
    return Scrap(
        owner_id=row.owner_id,
        writer_id=row.member_id,
        kind=ScrapKind(row.kind),
        state=ScrapState(row.state),
        is_private=row.is_private,
        is_deleted=row.deleted_at is not None,
        above=above,
    )


async def find_board_keys(connection: AsyncConnection, owner_id: int) -> Keys:
    """The keys of a member's board; of one who joined before there were boards, their own."""
    statement = select(KeySet.c.text).join(Entry, Entry.c.key_set_id == KeySet.c.key_set_id)
    of_board = (Entry.c.member_id == owner_id) & (Entry.c.kind == EntryKind.SCRAPS)
    row = await fetch_one(connection, statement.where(of_board))
    return parse_keys(row.text) if row else frozenset({own_key(owner_id)})


async def rekey_scraps(connection: AsyncConnection, owner_id: int, scrap_id: int | None = None) -> None:
    """Give the scraps on a member's board the keys that follow from it now: all of them, or one with its replies. The
    owner's row is held."""
    statement = scraps_with_above().where(ScrapRow.c.owner_id == owner_id)
    if scrap_id is not None:
        statement = statement.where((ScrapRow.c.scrap_id == scrap_id) | (ScrapRow.c.reply_to_id == scrap_id))
    rows = await fetch_all(connection, statement)
    if not rows:
        return
    board_keys = await find_board_keys(connection, owner_id)
    by_keys: dict[Keys, list[Row[Any]]] = {}
    for row in rows:
        by_keys.setdefault(scrap_keys(board_keys, scrap_of(row)), []).append(row)
    for keys, some in by_keys.items():
        key_set_id = await intern_key_set(connection, keys)
        await _give(connection, [row.scrap_id for row in some if row.key_set_id != key_set_id], key_set_id)


async def _give(connection: AsyncConnection, scrap_ids: Sequence[int], key_set_id: int) -> None:
    for start in range(0, len(scrap_ids), _AT_ONCE):
        of_these = ScrapRow.c.scrap_id.in_(scrap_ids[start : start + _AT_ONCE])
        await connection.execute(update(ScrapRow).where(of_these).values(key_set_id=key_set_id))
