"""What is between people in the leak test: requests in every state, each with a note of its own, and a mute."""

from sqlalchemy import select

from domain.refusals import Refused
from storage.blocks import mute
from storage.connections import ask, decline
from storage.database import Database
from storage.rings import find_viewer
from storage.tables import ConnectionRequest
from tests.cast import NOON
from tests.leaks.planted import Planted

CONNECTIONS = "/connections"
_WAITING = (("joost", "amara"), ("tariq", "lin"))
_DECLINED = (("edo", "amara"),)


async def plant_network(stage: Database, planted: Planted) -> None:
    """Requests that wait, whose notes two people read, and one that was declined, whose note only who asked reads."""
    for asker, asked in (*_WAITING, *_DECLINED):
        state = "declined" if (asker, asked) in _DECLINED else "waiting"
        readers = frozenset({asked}) if state == "waiting" else frozenset[str]()
        note = planted.cage.token("connection_requests.note", state, asker, readers, seen_at=(CONNECTIONS,))
        planted.requests[asker] = await _ask(stage, planted, asker, asked, note)
        if state == "declined":
            await decline(stage, planted.world[asked].member_id, planted.requests[asker], NOON)
    muted = await mute(stage, planted.world["amara"].viewer, planted.world["tariq"].public_id, NOON)
    assert muted is None


async def _ask(stage: Database, planted: Planted, asker: str, asked: str, note: str) -> int:
    async with stage.reading() as connection:
        viewer = await find_viewer(connection, planted.world[asker].member_id)
    assert viewer is not None
    refused: Refused | None = await ask(stage, viewer, planted.world[asked].public_id, note, NOON)
    assert refused is None, refused
    newest = select(ConnectionRequest.c.request_id).order_by(ConnectionRequest.c.request_id.desc()).limit(1)
    async with stage.reading() as connection:
        request_id: int = (await connection.execute(newest)).scalar_one()
    return request_id
