"""The newest scraps on a personal page, for whoever looks at it: with their bylines, in one statement."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import LINE_KINDS, EntryKind, LineKind, MemberLine, Person, ScrapLine, line_of_member
from domain.scraps import LONGEST_BRIEF, ScrapState
from domain.views import SafeHtml
from domain.visibility import Guarded, Ring
from storage.key_sets import RING, parse_keys
from storage.plain_text import plain_text
from storage.prepared import Prepared
from storage.scraps.keys import visible_scrap
from storage.scraps.views import author_of
from storage.tables import Entry, Id, KeySet, Member
from storage.tables import Scrap as ScrapRow

SCRAPS_SHOWN = 5


_OWNER = bindparam("owner", type_=Id)


def _newest(_dialect: str) -> Select[Any]:
    statement = (
        select(
            ScrapRow.c.scrap_id,
            ScrapRow.c.member_id,
            ScrapRow.c.kind,
            ScrapRow.c.topic,
            ScrapRow.c.html,
            ScrapRow.c.state,
            ScrapRow.c.is_private,
            ScrapRow.c.written_at,
            Member.c.public_id,
        )
        .outerjoin(Member, Member.c.member_id == ScrapRow.c.member_id)
        .where(ScrapRow.c.owner_id == _OWNER, ScrapRow.c.reply_to_id.is_(None), visible_scrap(RING))
        .order_by(ScrapRow.c.scrap_id.desc())
        .limit(SCRAPS_SHOWN)
    )
    for kind in LINE_KINDS:
        entry, key_set = Entry.table.alias(), KeySet.table.alias()
        of_kind = (entry.c.member_id == ScrapRow.c.member_id) & (entry.c.kind == kind)
        statement = statement.outerjoin(entry, of_kind).outerjoin(key_set, key_set.c.key_set_id == entry.c.key_set_id)
        statement = statement.add_columns(entry.c.value.label(f"{kind}_value"), key_set.c.text.label(f"{kind}_keys"))
    return statement


_NEWEST = Prepared(_newest)


async def list_newest_scraps(
    connection: AsyncConnection, owner_id: int, ring: Ring, within: Ring | None = None
) -> tuple[ScrapLine, ...]:
    """The newest scraps on this member's page that the ring opens; of their writers no more than `within` opens too."""
    rows = await _NEWEST.all(connection, {"owner": owner_id, "ring": ring})
    return tuple(_line_of(row, ring, within) for row in rows)


def _line_of(row: Row[Any], ring: Ring, within: Ring | None) -> ScrapLine:
    text = plain_text(SafeHtml(row.html))
    return ScrapLine(
        scrap_id=row.scrap_id,
        author=_author(row, ring, within),
        topic=row.topic,
        text=text if len(text) <= LONGEST_BRIEF else f"{text[:LONGEST_BRIEF].rstrip()}…",
        written_at=row.written_at,
        is_shut=row.is_private or row.state != ScrapState.STANDING,
    )


def _author(row: Row[Any], ring: Ring, within: Ring | None) -> MemberLine | None:
    people = {row.member_id: _person(row)} if row.member_id is not None else {}
    line = author_of(row, people, ring)
    if within is None or line is None or line.kind is not LineKind.MEMBER:
        return line
    known = line_of_member(people[row.member_id], within)
    if known.kind is not LineKind.MEMBER:
        return known
    return replace(line, profession=known.profession and line.profession, photo=known.photo and line.photo)


def _person(row: Row[Any]) -> Person:
    found = row._asdict()
    entries = {
        EntryKind(kind): Guarded[str](found[f"{kind}_value"], parse_keys(found[f"{kind}_keys"]))
        for kind in LINE_KINDS
        if found[f"{kind}_keys"] is not None
    }
    return Person(row.member_id, row.public_id, entries)
