"""People as bylines need them: in one statement, each entry guarded by its keys."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import LINE_KINDS, EntryKind, LineKind, MemberLine, Person, line_of_member
from domain.visibility import Guarded, Viewer
from storage.database import fetch_all, fetch_one
from storage.key_sets import parse_keys
from storage.tables import Entry, KeySet, Member

_LINES = (
    select(Member.c.member_id, Member.c.public_id, Entry.c.kind, Entry.c.value, KeySet.c.text.label("keys"))
    .join(Entry, Entry.c.member_id == Member.c.member_id)
    .join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
    .where(Member.c.member_id.in_(bindparam("members", expanding=True)), Entry.c.kind.in_(LINE_KINDS))
)


async def find_people(connection: AsyncConnection, member_ids: Iterable[int]) -> dict[int, Person]:
    """The members with these ids as bylines need them, in one statement."""
    wanted = sorted(set(member_ids))
    if not wanted:
        return {}
    entries: dict[tuple[int, str], dict[EntryKind, Guarded[str]]] = {}
    for member_id, public_id, kind, value, keys in await fetch_all(connection, _LINES, {"members": wanted}):
        guarded = Guarded(value, parse_keys(keys))
        entries.setdefault((member_id, public_id), {})[EntryKind(kind)] = guarded
    return {member_id: Person(member_id, public_id, found) for (member_id, public_id), found in entries.items()}


async def find_other(connection: AsyncConnection, viewer: Viewer, public_id: str) -> tuple[int, MemberLine] | None:
    """Somebody else, by the address of their page, whose name the viewer may see: their id and their byline."""
    row = await fetch_one(connection, select(Member.c.member_id).where(Member.c.public_id == public_id))
    if row is None or row.member_id == viewer.member_id:
        return None
    people = await find_people(connection, [row.member_id])
    line = line_of_member(people[row.member_id], viewer.ring)
    return (row.member_id, line) if line.kind is LineKind.MEMBER else None
