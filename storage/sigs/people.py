"""The list of a SIG's people: where it opens, those of whom the viewer may know that they belong, page by page; for its
owners all who keep it, because that is their role's to know.

The order is that of the rows, which says nothing of anybody; who is not shown cannot be a place to go on from.
"""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import EntryKind, MemberLine, line_of_member
from domain.roles import (
    PEOPLE_A_PAGE,
    Permission,
    PersonInSig,
    SigPeoplePage,
    may_offer_to,
    permits,
    role_to_give,
)
from domain.sigs import MODERATING, Role
from domain.visibility import Viewer, sig_key
from storage.database import Database, fetch_all, fetch_one
from storage.key_sets import opens, opens_towards
from storage.members.memberships import membership_opens
from storage.members.people import find_people
from storage.members.references import find_referred, reference_of
from storage.roles import find_role
from storage.secrets import Seal
from storage.tables import Entry, Member, Membership, OwnershipOffer, Sig


def _all_people(viewer: Viewer, sig_id: int) -> Select[Any]:
    """SQL: the people of a SIG, each with whether this viewer may know of them."""
    name = (Entry.c.member_id == Member.c.member_id) & (Entry.c.kind == EntryKind.NAME)
    return (
        select(Member.c.member_id, Member.c.public_id, Membership.c.role, _is_known(viewer).label("is_known"))
        .join(Membership, Membership.c.member_id == Member.c.member_id)
        .join(Entry, name)
        .where(Membership.c.sig_id == sig_id)
    )


def _is_known(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: membership and name open to this viewer."""
    named = opens_towards(Member.c.member_id, Entry.c.key_set_id, viewer.ring)
    return named & membership_opens(Member.c.member_id, Membership.c.sig_id, viewer.ring)


def _known_people(viewer: Viewer, sig_id: int) -> Select[Any]:
    return _all_people(viewer, sig_id).where(_is_known(viewer))


def _keepers(viewer: Viewer, sig_id: int, role: Role | None) -> Select[Any]:
    """SQL: who keeps a SIG, as far as the viewer may know: all of them, where their role says so."""
    people = _all_people if permits(Permission.SEE_KEEPERS, role) else _known_people
    return people(viewer, sig_id).where(Membership.c.role != Role.MEMBER).order_by(Membership.c.member_id)


async def find_known_person(connection: AsyncConnection, viewer: Viewer, sig_id: int, address: str) -> Any:
    """One of a SIG's people by the address of their page, as far as the viewer may know; None else."""
    return await fetch_one(connection, _known_people(viewer, sig_id).where(Member.c.public_id == address))


async def find_keeper(connection: AsyncConnection, seal: Seal, viewer: Viewer, sig_id: int, reference: str) -> Any:
    """Who keeps a SIG, by the reference in the viewer's own form; None else, and where their role shows them nobody."""
    role = await find_role(connection, viewer.member_id, sig_id)
    rows = {row.member_id: row for row in await fetch_all(connection, _keepers(viewer, sig_id, role))}
    return rows.get(find_referred(seal, viewer.member_id or 0, reference, rows) or 0)


async def find_people_page(
    database: Database, seal: Seal, viewer: Viewer, slug: str, after: str | None = None
) -> SigPeoplePage | None:
    """One page of a SIG's people; None where SIG or list does not open, or `after` is nobody on it."""
    finding = select(Sig.c.sig_id, Sig.c.slug, Sig.c.name, Sig.c.member_count).where(
        Sig.c.slug == slug, opens(Sig.c.key_set_id, viewer.ring), opens(Sig.c.listing_key_set_id, viewer.ring)
    )
    async with database.reading() as connection:
        sig = await fetch_one(connection, finding)
        place = await find_known_person(connection, viewer, sig.sig_id, after) if sig and after else None
        if sig is None or (after and place is None):
            return None
        role = await find_role(connection, viewer.member_id, sig.sig_id)
        serving = await fetch_all(connection, _keepers(viewer, sig.sig_id, role)) if not after else []
        people = _known_people(viewer, sig.sig_id).order_by(Membership.c.member_id)
        others = people.where(Membership.c.role == Role.MEMBER)
        if place is not None:
            others = others.where(Membership.c.member_id > place.member_id)
        rows = await fetch_all(connection, others.limit(PEOPLE_A_PAGE + 1))
        shown = rows[:PEOPLE_A_PAGE]
        known = await find_people(connection, [row.member_id for row in (*serving, *shown)])
        offered = await _offered_to(connection, sig.sig_id) if permits(Permission.OFFER, role) else None

    def person(row: Row[Any]) -> PersonInSig:
        line = line_of_member(known[row.member_id], viewer.ring)
        address = row.public_id if row.is_known else reference_of(seal, viewer.member_id or 0, row.member_id)
        return _person(row, line, address, role, offered, is_other=row.member_id != viewer.member_id)

    return SigPeoplePage(
        slug=sig.slug,
        name=sig.name,
        member_count=sig.member_count if sig_key(sig.sig_id) in viewer.ring else None,
        serving=tuple(person(row) for row in serving),
        people=tuple(person(row) for row in shown),
        further=shown[-1].public_id if len(rows) > PEOPLE_A_PAGE else None,
        is_first=after is None,
        has_offer=offered is not None,
        may_step_down=role in MODERATING,
    )


def _person(
    row: Row[Any], line: MemberLine, address: str, role: Role | None, offered: int | None, *, is_other: bool
) -> PersonInSig:
    theirs = Role(row.role)
    return PersonInSig(
        line=line,
        address=address,
        role=theirs,
        gives=role_to_give(role, theirs) if is_other else None,
        may_offer=is_other and row.is_known and offered is None and may_offer_to(role, theirs),
        is_offered=offered == row.member_id,
    )


async def _offered_to(connection: AsyncConnection, sig_id: int) -> int | None:
    statement = select(OwnershipOffer.c.to_id).where(OwnershipOffer.c.sig_id == sig_id)
    offered: int | None = (await connection.execute(statement)).scalar()
    return offered
