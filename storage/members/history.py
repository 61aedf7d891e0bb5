"""The history of exposure as its owner reads it: which audience could see each entry, from when to when."""

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.exposure import ExposureLine, ExposurePage
from domain.members import EntryKind, Slot, chip_for_owner, record_of
from domain.visibility import Audience, effective_audience, member_ring, reveal
from storage.database import Database, fetch_all
from storage.key_sets import parse_keys
from storage.members.audiences import list_offers, names_of
from storage.members.keys import find_owner
from storage.members.page import Stored, find_stored
from storage.secrets import Seal
from storage.tables import Exposure, KeySet

LINES_SHOWN = 200


async def find_exposure_page(
    database: Database, seal: Seal, member_id: int, limit: int | None = LINES_SHOWN
) -> ExposurePage:
    """The newest lines of the history, or all of them."""
    async with database.reading() as connection:
        owner = await find_owner(connection, member_id)
        ring = member_ring(member_id, in_good_standing=True, sig_ids=owner.sig_ids)
        stored = await find_stored(connection, seal, member_id, ring)
        names = names_of(await list_offers(connection, owner))
        rows = await _list_rows(connection, member_id, limit)
    labels = _labels(stored)
    lines = tuple(_line_of(row, labels, names) for row in rows[:limit])
    return ExposurePage(lines=lines, address=stored.public_id, has_more=limit is not None and len(rows) > limit)


async def _list_rows(connection: AsyncConnection, member_id: int, limit: int | None) -> list[Row[Any]]:
    statement = (
        select(
            Exposure.c.kind,
            Exposure.c.audience,
            KeySet.c.text.label("keys"),
            Exposure.c.started_at,
            Exposure.c.ended_at,
        )
        .join(KeySet, KeySet.c.key_set_id == Exposure.c.key_set_id)
        .where(Exposure.c.member_id == member_id)
        .order_by(Exposure.c.started_at.desc(), Exposure.c.exposure_id.desc())
    )
    return await fetch_all(connection, statement if limit is None else statement.limit(limit + 1))


def _labels(stored: Stored) -> dict[str, str]:
    """What tells records and memberships of one kind apart, by the name of their slot."""
    ring = member_ring(stored.member_id, in_good_standing=False)
    labels = {}
    for entry in stored.entries:
        if entry.sig is not None:
            labels[entry.slot.name] = entry.sig[0]
        elif entry.slot.position and (value := reveal(entry.value, ring)):
            labels[entry.slot.name] = record_of(value).head
    return labels


def _line_of(row: Row[Any], labels: dict[str, str], names: dict[Audience, str]) -> ExposureLine:
    audience = effective_audience(Audience.parse(row.audience), parse_keys(row.keys))
    return ExposureLine(
        kind=EntryKind(Slot.parse(row.kind).kind),
        label=labels.get(row.kind),
        key=chip_for_owner(audience, names),
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
