"""Scraps for the pages that browsers look at: long ones, answered ones, one for two, one that waits, one of Stoa's."""

from domain.channels import Channel
from domain.scraps import Topic
from domain.visibility import Viewer, member_ring
from storage.channels import choose_channels
from storage.database import Database
from storage.scraps.acts import hide_scrap, take_back_scrap
from storage.scraps.commands import ScrapDraft, write_scrap
from storage.scraps.system import leave_system_scrap
from tests.cast import NOON, World

FIRST = 1
"""The id of the scrap that pages are asked with: by Walter, on Amara's board."""


async def leave_scraps(database: Database, world: World, long_word: str) -> None:
    """Amara's board has one of each kind; she left one on Joost's."""

    async def leave(part: str, owner: str, body: str, reply_to_id: int | None = None, *, private: bool = False) -> int:
        member_id = world[part].member_id
        viewer = Viewer(member_id, member_ring(member_id, in_good_standing=True))
        draft = ScrapDraft(body, is_private=private, reply_to_id=reply_to_id)
        left = await write_scrap(database, viewer, world[owner].public_id, draft, NOON)
        assert isinstance(left, int), left
        return left

    first = await leave("walter", "amara", f"{long_word * 3}\n\n> {long_word}\n\n- one\n- two\n")
    assert first == FIRST
    await leave("amara", "amara", f"An answer: {long_word}", first)
    await leave("walter", "amara", "Between the two of us.", private=True)
    await leave("amara", "joost", "كان علينا أن نخبرهم في وقت أبكر بكثير.")
    gone = await leave("joost", "amara", "Soon gone.")
    await leave("walter", "amara", "About what is gone.", gone)
    assert await take_back_scrap(database, world["joost"].viewer, gone, NOON) == gone
    hidden = await leave("lin", "amara", "Soon hidden.")
    assert await hide_scrap(database, world["amara"].viewer, hidden) == hidden
    waits = frozenset({Channel.SCRAP})
    assert await choose_channels(database, world["amara"].member_id, {Channel.SCRAP: "members"}, waits) is None
    await leave("walter", "amara", "This one waits.")
    async with database.writing() as connection:
        for part in ("amara", "walter"):
            await leave_system_scrap(connection, world[part].member_id, Topic.WELCOME, NOON)
