"""How far a member has read: noted after the answer of a page of a thread, so that no reader waits for it."""

from collections.abc import Hashable
from datetime import datetime

from sqlalchemy import bindparam, select

from storage.database import Busy, Database, fetch_one, insert_into, statements_of_request
from storage.tables import Id, ThreadRead


async def note_read(database: Database, member_id: int, thread_id: int, number: int, now: datetime) -> None:
    """Note the highest number of a post that was on a page; the position only ever advances.

    It is no part of a request, and nothing depends on it: one that cannot be written now is not written. How far they
    had come is kept in mind, so that to read a page again writes nothing.
    """
    statements_of_request.set(None)
    if number <= await _find_read(database, member_id, thread_id):
        return
    database.memory.forget(_key(member_id, thread_id))
    try:
        async with database.writing(is_short=True) as connection:
            reading = insert_into(connection, ThreadRead).values(
                member_id=member_id, thread_id=thread_id, number=number, read_at=now
            )
            advancing = reading.on_conflict_do_update(
                index_elements=["member_id", "thread_id"],
                set_={"number": number, "read_at": now},
                where=ThreadRead.c.number < number,
            )
            await connection.execute(advancing)
    except Busy:
        return


def _key(member_id: int, thread_id: int) -> Hashable:
    return "read", member_id, thread_id


_READ = select(ThreadRead.c.number).where(
    ThreadRead.c.member_id == bindparam("member", type_=Id), ThreadRead.c.thread_id == bindparam("thread", type_=Id)
)


async def _find_read(database: Database, member_id: int, thread_id: int) -> int:
    """How far somebody had come, as this process knows: it only ever advances, so what is old is no more than low."""

    async def read() -> int:
        async with database.reading() as connection:
            row = await fetch_one(connection, _READ, {"member": member_id, "thread": thread_id})
            return row.number if row else 0

    return await database.memory.recall(_key(member_id, thread_id), "it advances", read)
