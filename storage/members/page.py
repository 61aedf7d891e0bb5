"""The personal page as one viewer gets it: entries in one statement, and what is worked out for this ring."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, String, Text, bindparam, cast, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import (
    Entry,
    EntryKind,
    EntryLine,
    MemberLine,
    MemberPage,
    Person,
    Shape,
    Slot,
    line_of_member,
    visible_entries,
)
from domain.refusals import Reason, Refused
from domain.visibility import Audience, Guarded, Ring, Viewer, ring_towards
from storage.database import Database, fetch_all
from storage.forum.contributions import list_contributions
from storage.key_sets import RING, opens, opens_towards, parse_keys
from storage.members.exposures import page_was_public
from storage.members.relations import find_relation
from storage.prepared import Prepared
from storage.scraps.newest import list_newest_scraps
from storage.secrets import Seal
from storage.tables import Account, Connection, Id, KeySet, Member, OwnList, Sig
from storage.tables import Entry as EntryRow

CONNECTIONS_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Stored:
    """A member with all their entries, guarded, and the names of the owner's lists that they were opened to."""

    member_id: int
    public_id: str
    has_public_page: bool
    refuses_ai: bool
    seen_at: datetime | None
    entries: tuple[Entry, ...]
    list_names: dict[Audience, str]


_LISTS_OF = bindparam("lists_of", type_=Id)


def _entries_of_member() -> Select[Any]:
    """SQL: every entry of a member in one statement; of a membership the SIG, if the ring opens its existence."""
    membership = (EntryRow.c.kind == EntryKind.MEMBERSHIP) & (Sig.c.sig_id == EntryRow.c.position)
    own_list = (OwnList.c.member_id == _LISTS_OF) & (
        EntryRow.c.audience == literal("list:").concat(cast(OwnList.c.list_id, String))
    )
    return (
        select(
            Member.c.member_id,
            Member.c.public_id,
            Member.c.has_public_page,
            Member.c.refuses_ai_since,
            Member.c.seen_at,
            EntryRow.c.entry_id,
            EntryRow.c.kind,
            EntryRow.c.position,
            EntryRow.c.value,
            EntryRow.c.audience,
            KeySet.c.text.label("keys"),
            Account.c.email_sealed,
            Sig.c.name.label("sig_name"),
            Sig.c.slug.label("sig_slug"),
            OwnList.c.name.label("list_name"),
        )
        .join(EntryRow, EntryRow.c.member_id == Member.c.member_id)
        .join(KeySet, KeySet.c.key_set_id == EntryRow.c.key_set_id)
        .outerjoin(Account, (Account.c.member_id == Member.c.member_id) & (EntryRow.c.kind == EntryKind.EMAIL))
        .outerjoin(Sig, membership & opens(Sig.c.key_set_id, RING))
        .outerjoin(OwnList, own_list)
        .order_by(EntryRow.c.position, EntryRow.c.entry_id)
    )


def _all_entries(_dialect: str) -> Select[Any]:
    return _entries_of_member().where(Member.c.member_id == bindparam("member", type_=Id))


def _open_entries(_dialect: str) -> Select[Any]:
    of_page = _entries_of_member().where(Member.c.public_id == bindparam("address", type_=Text))
    return of_page.where(opens_towards(EntryRow.c.member_id, EntryRow.c.key_set_id, RING))


_ALL_ENTRIES, _OPEN_ENTRIES = Prepared(_all_entries), Prepared(_open_entries)


def _entry_of(row: Row[Any], seal: Seal) -> Entry:
    """One row as an entry. The address is held once, with the account, and only unsealed here."""
    slot = Slot(EntryKind(row.kind), row.position)
    text = seal.open(row.email_sealed) if slot.kind is EntryKind.EMAIL and row.email_sealed else row.value
    sig = (row.sig_name, row.sig_slug) if row.sig_name is not None else None
    return Entry(row.entry_id, slot, Guarded(text, parse_keys(row.keys)), Audience.parse(row.audience), sig)


def _stored(rows: list[Row[Any]], seal: Seal) -> Stored:
    first = rows[0]
    return Stored(
        member_id=first.member_id,
        public_id=first.public_id,
        has_public_page=first.has_public_page,
        refuses_ai=first.refuses_ai_since is not None,
        seen_at=first.seen_at,
        entries=tuple(_entry_of(row, seal) for row in rows),
        list_names={Audience.parse(row.audience): row.list_name for row in rows if row.list_name is not None},
    )


async def find_stored(connection: AsyncConnection, seal: Seal, member_id: int, ring: Ring) -> Stored:
    """Everything of a member for their own forms; `ring` opens the names of SIGs."""
    values = {"ring": ring, "lists_of": member_id, "member": member_id}
    return _stored(await _ALL_ENTRIES.all(connection, values), seal)


async def find_member_page(database: Database, seal: Seal, viewer: Viewer, public_id: str) -> MemberPage | Refused:
    """The personal page as this viewer gets it.

    Refused as missing when there is nothing for them, which is how unknown addresses look, or as gone when the page
    had once been open to everyone.
    """
    async with database.reading() as connection:
        page = await read_member_page(connection, seal, viewer, public_id)
        if isinstance(page, Refused) or page.is_own or viewer.member_id is None:
            return page
        return replace(page, relation=await find_relation(connection, viewer, public_id))


async def read_member_page(
    connection: AsyncConnection, seal: Seal, viewer: Viewer, public_id: str, within: Ring | None = None
) -> MemberPage | Refused:
    """The same on a connection. `within` is the ring of who looks through the viewer's eyes: of other people, they see
    only what both may see."""
    values = {"ring": viewer.ring, "lists_of": viewer.member_id or 0, "address": public_id}
    rows = await _OPEN_ENTRIES.all(connection, values)
    if not rows:
        return await _refuse_page(connection, public_id)
    stored = _stored(rows, seal)
    is_own = viewer.member_id == stored.member_id
    names = _own_names(viewer, stored) if is_own else None
    ring = ring_towards(viewer.ring, stored.member_id)
    visible = visible_entries(_with_day(stored), ring, viewer.sig_names, names)
    line = _line_of(stored, viewer.ring)
    worked_out = {
        entry.kind: await _worked_out(connection, entry, stored, line, ring, within)
        for entry in visible
        if entry.shape in _WORKED_OUT
    }
    entries = tuple(found for entry in visible if (found := worked_out.get(entry.kind, entry)) is not None)
    if not entries:
        return await _refuse_page(connection, public_id)
    return MemberPage(
        line=line,
        address=public_id,
        headline=next((entry.items[0] for entry in visible if entry.kind is EntryKind.HEADLINE), None),
        entries=entries,
        has_board=line.name is not None and any(entry.kind is EntryKind.SCRAPS for entry in visible),
        refuses_ai=stored.refuses_ai,
        is_own=is_own,
        public_page=is_own and stored.has_public_page,
    )


async def _refuse_page(connection: AsyncConnection, public_id: str) -> Refused:
    """Hidden and unknown take the same way."""
    return Refused(Reason.GONE if await page_was_public(connection, public_id) else Reason.MISSING)


def _own_names(viewer: Viewer, stored: Stored) -> dict[Audience, str]:
    return {Audience.parse(f"sig:{sig_id}"): name for sig_id, name in viewer.sig_names.items()} | stored.list_names


def _line_of(stored: Stored, ring: Ring) -> MemberLine:
    values = {entry.kind: entry.value for entry in stored.entries if entry.slot.position == 0}
    return line_of_member(Person(stored.member_id, stored.public_id, values), ring)


def _with_day(stored: Stored) -> list[Entry]:
    """The entries, with the day of the last visit in the entry that opens it."""
    day = stored.seen_at.date().isoformat() if stored.seen_at else ""
    return [
        replace(entry, value=Guarded(day, entry.value.keys)) if entry.kind is EntryKind.LAST_SEEN else entry
        for entry in stored.entries
    ]


_WORKED_OUT = frozenset({Shape.DAY, Shape.PEOPLE, Shape.THREADS, Shape.SCRAPS})
"""What no entry says by itself; there is one entry of each of these kinds."""


async def _worked_out(
    connection: AsyncConnection,
    entry: EntryLine,
    stored: Stored,
    line: MemberLine,
    ring: Ring,
    within: Ring | None,
) -> EntryLine | None:
    """An entry with what its viewer gets in it. Without the name, nothing may tell whose talk and whose friends these
    are."""
    if entry.shape is Shape.DAY:
        return replace(entry, day=date.fromisoformat(entry.items[0]))
    if line.name is None:
        return None
    if entry.shape is Shape.SCRAPS:
        scraps = await list_newest_scraps(connection, stored.member_id, ring, within)
        return replace(entry, scraps=scraps, address=f"/people/{stored.public_id}/scraps") if scraps else None
    if entry.shape is Shape.THREADS:
        threads = await list_contributions(connection, stored.member_id, ring, within)
        return replace(entry, threads=threads) if threads else None
    people = await _list_connections(connection, stored.member_id, ring, within)
    return replace(entry, people=people) if people else None


async def _list_connections(
    connection: AsyncConnection, member_id: int, ring: Ring, within: Ring | None
) -> tuple[MemberLine, ...]:
    """The newest connections whose name, and whose own list of connections, this ring opens too."""
    aliases = {kind: EntryRow.table.alias() for kind in (*_LINE, EntryKind.CONNECTIONS)}
    key_sets = {kind: KeySet.table.alias() for kind in _LINE}
    statement = select(Member.c.member_id, Member.c.public_id).select_from(Connection.table)
    statement = statement.join(Member.table, Member.c.member_id == Connection.c.other_id)
    for kind, entry in aliases.items():
        of_kind = (entry.c.member_id == Member.c.member_id) & (entry.c.kind == kind)
        statement = statement.join(entry, of_kind, isouter=kind in (EntryKind.PROFESSION, EntryKind.PHOTO))
    for kind, key_set in key_sets.items():
        entry = aliases[kind]
        statement = statement.join(key_set, key_set.c.key_set_id == entry.c.key_set_id, isouter=True)
        statement = statement.add_columns(entry.c.value.label(f"{kind}_value"), key_set.c.text.label(f"{kind}_keys"))
    both = [aliases[EntryKind.NAME].c.key_set_id, aliases[EntryKind.CONNECTIONS].c.key_set_id]
    rings = [ring] if within is None else [ring, within]
    statement = (
        statement.where(
            Connection.c.member_id == member_id,
            *(opens_towards(Member.c.member_id, key, one) for key in both for one in rings),
        )
        .order_by(Connection.c.since.desc(), Connection.c.other_id.desc())
        .limit(CONNECTIONS_SHOWN)
    )
    return tuple(_line_for(_person_of(row), ring, within) for row in await fetch_all(connection, statement))


def _line_for(person: Person, ring: Ring, within: Ring | None) -> MemberLine:
    """The byline for this ring, with no more than `within` opens too, be it by another key."""
    line = line_of_member(person, ring)
    if within is None:
        return line
    known = line_of_member(person, within)
    return replace(line, profession=known.profession and line.profession, photo=known.photo and line.photo)


_LINE = (EntryKind.NAME, EntryKind.PROFESSION, EntryKind.PHOTO)


def _person_of(row: Row[Any]) -> Person:
    found = row._mapping  # noqa: SLF001 -- the name is public in the library
    entries = {
        kind: Guarded(found[f"{kind}_value"], parse_keys(found[f"{kind}_keys"]))
        for kind in _LINE
        if found[f"{kind}_keys"] is not None
    }
    return Person(row.member_id, row.public_id, entries)
