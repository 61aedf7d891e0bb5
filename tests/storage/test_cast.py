"""The cast is the same on both engines: tests take its ids from one and use them on the other."""

from sqlalchemy import func, select

from storage.database import Database
from storage.tables import Account, Member, Post, Sig, Thread
from tests.cast import World


async def test_the_ids_of_the_cast_are_those_in_the_database(database: Database, world: World) -> None:
    async with database.reading() as connection:
        people = await connection.execute(
            select(Member.c.public_id, Member.c.member_id, Account.c.account_id).join(
                Account, Account.c.member_id == Member.c.member_id
            )
        )
        found = {row.public_id: (row.member_id, row.account_id) for row in people}
        sigs = {row.slug: row.sig_id for row in await connection.execute(select(Sig.c.slug, Sig.c.sig_id))}
        opening = select(func.min(Post.c.post_id).label("post_id"), Thread.c.thread_id)
        opened = await connection.execute(
            opening.join(Thread, Thread.c.thread_id == Post.c.thread_id).group_by(Thread.c.thread_id)
        )
        threads = {row.thread_id: row.post_id for row in opened}
    assert found == {person.public_id: (person.member_id, person.account_id) for person in world.people.values()}
    assert sigs == world.sigs
    written = (world.public_thread, world.closed_thread)
    assert threads == {thread.thread_id: thread.post_id for thread in written}
