"""Connections: that two members know each other, in both directions at once, and the requests that lead there.

They feed the ring of each at the very next request. Whatever changes between two people holds both their rows, so that
a request, an answer and a block go one after the other.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.channels import Channel
from domain.connections import (
    ASK_AGAIN_AFTER,
    CONNECTIONS_A_PAGE,
    REQUESTS_SHOWN,
    AskPage,
    ConnectionLine,
    ConnectionsPage,
    RequestLine,
    problem_with_note,
    reaches_nobody,
    tidy_note,
)
from domain.limits import Action
from domain.members import Person, line_of_member
from domain.refusals import Reason, Refused
from domain.visibility import Ring, Viewer
from storage.channels import refuse_to_reach
from storage.database import Database, fetch_all, fetch_one, insert_into
from storage.events import note as note_event
from storage.forum.lists import Cursor
from storage.members.people import find_other, find_people
from storage.members.references import find_referred, reference_of
from storage.secrets import Seal
from storage.tables import Connection, ConnectionRequest, Member
from storage.throttle import count_act

_MISSING = Refused(Reason.MISSING)
_request = ConnectionRequest.c


async def hold_pair(connection: AsyncConnection, one: int, other: int) -> None:
    """Hold the rows of two members until the transaction ends, the older member first."""
    both = select(Member.c.member_id).where(Member.c.member_id.in_((one, other))).order_by(Member.c.member_id)
    await connection.execute(both.with_for_update(key_share=True))


async def find_member_id(connection: AsyncConnection, public_id: str) -> int | None:
    """Whose page has this address; for what ends something, which needs no more than that."""
    member_id: int | None = await connection.scalar(select(Member.c.member_id).where(Member.c.public_id == public_id))
    return member_id


def between(first: Any, second: Any, one: int, other: int) -> ColumnElement[bool]:
    """SQL: these two columns name these two people, either way round."""
    return or_((first == one) & (second == other), (first == other) & (second == one))


async def connect(connection: AsyncConnection, member_id: int, other_id: int, now: datetime) -> None:
    """Connect two members, which answers every request between them; nothing when they are connected."""
    await connection.execute(delete(ConnectionRequest).where(_requests_between(member_id, other_id)))
    rows = [
        {"member_id": one, "other_id": other, "since": now}
        for one, other in ((member_id, other_id), (other_id, member_id))
    ]
    making = insert_into(connection, Connection).values(rows).on_conflict_do_nothing()
    if (await connection.execute(making.returning(Connection.c.member_id))).all():
        await note_event(connection, "connection.made", now, member_id=member_id, other_id=other_id)


async def disconnect(connection: AsyncConnection, member_id: int, other_id: int, now: datetime) -> None:
    """End a connection: what was open to the other for its sake closes with the next request."""
    link = Connection.c
    ending = delete(Connection).where(between(link.member_id, link.other_id, member_id, other_id))
    if (await connection.execute(ending.returning(link.member_id))).all():
        await note_event(connection, "connection.ended", now, member_id=member_id, other_id=other_id)


async def drop_requests(connection: AsyncConnection, one: int, other: int, now: datetime) -> None:
    """Take every request between two people back, as `withdraw` does."""
    await _take_back(connection, _requests_between(one, other), now)


def _requests_between(one: int, other: int) -> ColumnElement[bool]:
    return between(_request.from_id, _request.to_id, one, other)


async def _take_back(connection: AsyncConnection, which: ColumnElement[bool], now: datetime) -> None:
    """Take requests back. Of a declined one stays that it was declined, and when: whatever ends it, a no is not
    forgotten by it."""
    await connection.execute(delete(ConnectionRequest).where(which, _request.declined_at.is_(None)))
    standing = update(ConnectionRequest).where(which, _request.withdrawn_at.is_(None))
    await connection.execute(standing.values(withdrawn_at=now, note=""))


async def ask(database: Database, viewer: Viewer, address: str, note: str, now: datetime) -> Refused | None:
    """Ask a person to connect, or accept where they have asked. Asking twice is asking once."""
    note = tidy_note(note)
    async with database.writing() as connection:
        found = await find_other(connection, viewer, address)
        if found is None or viewer.member_id is None:
            return _MISSING
        if problem := problem_with_note(note):
            return Refused(Reason.INVALID, {"note": problem})
        me, other_id = viewer.member_id, found[0]
        await hold_pair(connection, me, other_id)
        if await _are_connected(connection, me, other_id):
            return None
        if await _find_request(connection, other_id, me, _request.withdrawn_at.is_(None)):
            await _accept(connection, me, other_id, now)
            return None
        before = await _find_request(connection, me, other_id)
        if before is not None and before.withdrawn_at is None:
            return None
        refused = await refuse_to_reach(connection, viewer, other_id, Channel.REQUEST)
        refused = refused or await count_act(connection, Action.REQUEST, me, now)
        if refused is None:
            await _write_request(connection, me, other_id, note, now, before)
        return refused


async def _are_connected(connection: AsyncConnection, one: int, other: int) -> bool:
    pair = (Connection.c.member_id == one) & (Connection.c.other_id == other)
    return bool(await connection.scalar(select(exists().where(pair))))


async def _find_request(connection: AsyncConnection, from_id: int, to_id: int, *more: ColumnElement[bool]) -> Any:
    columns = (_request.request_id, _request.declined_at, _request.withdrawn_at)
    pair = (_request.from_id == from_id, _request.to_id == to_id)
    return await fetch_one(connection, select(*columns).where(*pair, *more))


async def _write_request(
    connection: AsyncConnection, me: int, other_id: int, note: str, now: datetime, before: Any
) -> None:
    """Write a request anew; after one that was declined of late it reaches nobody, and who asks cannot tell."""
    declined_at = before.declined_at if before is not None and reaches_nobody(before.declined_at, now) else None
    await connection.execute(delete(ConnectionRequest).where(_request.from_id == me, _request.to_id == other_id))
    row = {"from_id": me, "to_id": other_id, "note": note, "made_at": now, "declined_at": declined_at}
    added = await connection.execute(insert(ConnectionRequest).values(row).returning(_request.request_id))
    if declined_at is None:
        ids = {"request_id": added.scalar_one(), "member_id": me, "other_id": other_id}
        await note_event(connection, "request.made", now, **ids)


async def _accept(connection: AsyncConnection, me: int, other_id: int, now: datetime) -> None:
    await connect(connection, me, other_id, now)
    await note_event(connection, "request.accepted", now, member_id=me, other_id=other_id)


async def accept(database: Database, member_id: int, request_id: int, now: datetime) -> None:
    """Accept a request. One that was taken back, is answered or never was changes nothing, as does a second click."""
    async with database.writing() as connection:
        asking = select(_request.from_id).where(_request.request_id == request_id, _waits_for(member_id))
        from_id: int | None = await connection.scalar(asking)
        if from_id is None:
            return
        await hold_pair(connection, member_id, from_id)
        if await connection.scalar(asking) is not None:
            await _accept(connection, member_id, from_id, now)


def _waits_for(member_id: int) -> ColumnElement[bool]:
    return (_request.to_id == member_id) & _request.declined_at.is_(None) & _request.withdrawn_at.is_(None)


async def decline(database: Database, member_id: int, request_id: int, now: datetime) -> None:
    """Decline a request: it is gone for who was asked, and who asked goes on waiting."""
    async with database.writing() as connection:
        declining = update(ConnectionRequest).where(_request.request_id == request_id, _waits_for(member_id))
        await connection.execute(declining.values(declined_at=now))


async def withdraw(database: Database, member_id: int, request_id: int, now: datetime) -> None:
    """Take one's own request back."""
    async with database.writing() as connection:
        await _take_back(connection, (_request.request_id == request_id) & (_request.from_id == member_id), now)


async def end_connection(database: Database, member_id: int, address: str, now: datetime) -> None:
    """End the connection with the person at this address, seen or not; where there is none, nothing."""
    async with database.writing() as connection:
        other_id = await find_member_id(connection, address)
        if other_id is not None:
            await hold_pair(connection, member_id, other_id)
            await disconnect(connection, member_id, other_id, now)


async def end_listed_connection(database: Database, seal: Seal, member_id: int, reference: str, now: datetime) -> None:
    """The same for a person whom a form of one's own names by reference."""
    async with database.writing() as connection:
        others = select(Connection.c.other_id).where(Connection.c.member_id == member_id)
        ids = [row.other_id for row in await fetch_all(connection, others)]
        other_id = find_referred(seal, member_id, reference, ids)
        if other_id is not None:
            await hold_pair(connection, member_id, other_id)
            await disconnect(connection, member_id, other_id, now)


async def forget_old_declines(connection: AsyncConnection, now: datetime) -> None:
    """Delete requests that were taken back and whose refusal counts no longer."""
    over = _request.declined_at <= now - ASK_AGAIN_AFTER
    await connection.execute(delete(ConnectionRequest).where(_request.withdrawn_at.is_not(None), over))


async def find_connections_page(
    database: Database, seal: Seal, viewer: Viewer, before: Cursor | None = None, after: Cursor | None = None
) -> ConnectionsPage:
    """The viewer's requests, and one page of their connections, the newest first or those just before or after a
    cursor. Everybody stands there by the ring of now: who may not be named any more is "A member"."""
    member_id = viewer.member_id or 0
    async with database.reading() as connection:
        received = await fetch_all(connection, _requests(_request.from_id).where(_waits_for(member_id)))
        own = (_request.from_id == member_id, _request.withdrawn_at.is_(None))
        sent = await fetch_all(connection, _requests(_request.to_id).where(*own))
        rows = await fetch_all(connection, _connections_of(member_id, before, after))
        people = await find_people(connection, {row.person_id for row in (*received, *sent, *rows)})
    more = len(rows) > CONNECTIONS_A_PAGE
    rows = rows[:CONNECTIONS_A_PAGE] if after is None else rows[:CONNECTIONS_A_PAGE][::-1]
    has_newer = more if after is not None else before is not None
    has_older = more if after is None else True
    return ConnectionsPage(
        received=_request_lines(received, people, viewer.ring),
        sent=_request_lines(sent, people, viewer.ring),
        connections=tuple(
            ConnectionLine(
                person=line_of_member(people[row.person_id], viewer.ring),
                reference=reference_of(seal, member_id, row.person_id),
                since=row.since,
            )
            for row in rows
        ),
        newer=str(Cursor(rows[0].since, rows[0].person_id)) if rows and has_newer else None,
        older=str(Cursor(rows[-1].since, rows[-1].person_id)) if rows and has_older else None,
        is_first=before is None and after is None,
    )


def _requests(other: Any) -> Select[Any]:
    """The newest requests; `other` is the column of the person on the other side, who is in good standing."""
    columns = (_request.request_id, other.label("person_id"), _request.note, _request.made_at)
    statement = select(*columns).join(Member.table, Member.c.member_id == other).where(Member.c.in_good_standing)
    return statement.order_by(_request.request_id.desc()).limit(REQUESTS_SHOWN)


def _request_lines(rows: list[Any], people: dict[int, Person], ring: Ring) -> tuple[RequestLine, ...]:
    return tuple(
        RequestLine(
            request_id=row.request_id,
            person=line_of_member(people[row.person_id], ring),
            note=row.note,
            made_at=row.made_at,
        )
        for row in rows
    )


def _connections_of(member_id: int, before: Cursor | None, after: Cursor | None) -> Select[Any]:
    link = Connection.c
    statement = (
        select(link.other_id.label("person_id"), link.since)
        .where(link.member_id == member_id)
        .limit(CONNECTIONS_A_PAGE + 1)
    )
    place = tuple_(link.since, link.other_id)
    if after is not None:
        return statement.where(place > after.as_sql()).order_by(link.since, link.other_id)
    if before is not None:
        statement = statement.where(place < before.as_sql())
    return statement.order_by(link.since.desc(), link.other_id.desc())


async def find_ask_page(
    database: Database, viewer: Viewer, address: str, note: str = "", refused: Refused | None = None
) -> AskPage | None:
    """The form that asks a person to connect; None for whom the viewer may not know. `refused` is why what was typed
    did not do."""
    async with database.reading() as connection:
        found = await find_other(connection, viewer, address)
    if found is None:
        return None
    problem = (refused.problems or {}).get("note") if refused else None
    return AskPage(person=found[1], note=note, problem=problem, refused=refused.reason if refused else None)
