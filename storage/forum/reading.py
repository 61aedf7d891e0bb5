"""How far a member has read: noted after the answer of a page of a thread, so that no reader waits for it."""

from datetime import datetime

from storage.database import Busy, Database, insert_into, statements_of_request
from storage.tables import ThreadRead


async def note_read(database: Database, member_id: int, thread_id: int, number: int, now: datetime) -> None:
    """Note the highest number of a post that was on a page; the position only ever advances.

    It is no part of a request, and nothing depends on it: one that cannot be written now is not written.
    """
    statements_of_request.set(None)
    try:
        async with database.writing() as connection:
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
