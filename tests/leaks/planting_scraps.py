"""The scraps of the leak test: on the board of each owner one that stands, on one board every other kind. Edo writes
them, who belongs to nothing, and who finds what he wrote among his own wherever the board is shut."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.scraps import Topic
from domain.visibility import own_key
from storage import tables
from storage.database import Database
from storage.key_sets import intern_key_set
from storage.scraps.acts import delete_scrap
from storage.scraps.keys import rekey_scraps
from storage.scraps.system import leave_system_scrap
from tests.cast import NOON
from tests.leaks.oracle import NOBODY
from tests.leaks.owners import readers_of
from tests.leaks.places import BOARD, MY_SCRAPS
from tests.leaks.planted import Planted

WRITER = "edo"
BUSY = "settled members-owner"
"""Whose board has everything on it."""


async def plant_scraps(stage: Database, planted: Planted) -> None:
    """Scraps on every board; the ids of those on the busy one go by what they are, of the others by their owner."""
    async with stage.writing() as connection:
        for name in ("olga", *planted.owners):
            readers = readers_of("scraps", name) | {WRITER}
            planted.scraps[name] = await _put(connection, planted, name, "standing", readers)
            await rekey_scraps(connection, planted.world[name].member_id)
        await _plant_kinds(connection, planted)
    viewer = planted.world[BUSY].viewer
    for what in ("deleted", "deleted with its reply"):
        assert isinstance(await delete_scrap(stage, viewer, planted.scraps[what], NOON), int)


async def _plant_kinds(connection: AsyncConnection, planted: Planted) -> None:
    two = frozenset({WRITER})

    async def put(what: str, readers: frozenset[str], **row: object) -> None:
        planted.scraps[what] = await _put(connection, planted, BUSY, what, readers, **row)

    await put("private", two, is_private=True)
    await put("waiting", two, state="waiting")
    await put("hidden", two, state="hidden")
    read = readers_of("scraps", BUSY)
    await put("former", read, member_id=None, kind="former")
    await put("former and private", NOBODY, member_id=None, kind="former", is_private=True)
    await put("deleted", NOBODY)
    await put("deleted with its reply", NOBODY)
    scraps, owner = planted.scraps, planted.world[BUSY].member_id
    lin = planted.world["lin"].member_id
    await put("reply", read, member_id=lin, reply_to_id=scraps[BUSY])
    await put("reply that waits", frozenset({"lin"}), member_id=lin, reply_to_id=scraps[BUSY], state="waiting")
    await put("answer in private", two, member_id=owner, reply_to_id=scraps["private"], is_private=True)
    await put("reply to what was hidden", frozenset({"lin"}), member_id=lin, reply_to_id=scraps["hidden"])
    await put("reply to what was deleted", NOBODY, member_id=lin, reply_to_id=scraps["deleted with its reply"])
    await rekey_scraps(connection, owner)
    for one in (BUSY, "olga"):
        left = await leave_system_scrap(connection, planted.world[one].member_id, Topic.WELCOME, NOON)
        assert left is not None
        planted.scraps[f"Stoa's for {one}"] = left


async def _put(
    connection: AsyncConnection, planted: Planted, owner: str, what: str, readers: frozenset[str], **more: object
) -> int:
    """A row on the board of an owner, with a canary in each of its texts. Whoever wrote a reply under what they do not
    see finds it among their own."""
    cage, label = planted.cage, f"{what} {owner}"
    is_gone = what.startswith("deleted") or what.endswith("deleted")
    shown = cage.token("scraps.html", label, "" if is_gone else owner, readers, seen_at=(BOARD, MY_SCRAPS))
    row = {
        "owner_id": planted.world[owner].member_id,
        "member_id": planted.world[WRITER].member_id,
        "kind": "member",
        "body": cage.token("scraps.body", "nobody", label),
        "html": f"<p>{shown}</p>",
        "is_private": False,
        "state": "standing",
        "key_set_id": await intern_key_set(connection, frozenset({own_key(planted.world[owner].member_id)})),
        "written_at": NOON,
        "submission": cage.token("scraps.submission", "nobody", label),
        **more,
    }
    added = await connection.execute(insert(tables.Scrap).values(row).returning(tables.Scrap.c.scrap_id))
    scrap_id: int = added.scalar_one()
    return scrap_id
