"""Whom an edit is the first to name is told, by ring as of a new post; who was named before is not told again."""

import pytest
from sqlalchemy import delete, insert, select, update

from domain.forum import UNDO_DELETE_FOR
from domain.notices import KEEP_NOTICES_FOR
from storage.database import fetch_all
from storage.forgetting import forget_what_is_over
from storage.forum.commands import Draft, Written, edit_post
from storage.forum.removal import delete_post
from storage.tables import Channel, Event, Mention, Mute, Notice, Post
from tests.cast import NOON
from tests.conftest import Stoa
from tests.noticing import Scene, reply
from web.worker import work_once

TARIQ, LIN, AMARA = ("[T](/people/tariq-page)", "[L](/people/lin-page)", "[A](/people/amara-page)")


@pytest.fixture
async def scene(stoa: Stoa) -> Scene:
    """The cast, with everything consumed that happened before."""
    async with stoa.database.writing() as connection:
        await connection.execute(update(Event).values(done_at=NOON))
    return Scene(stoa.database, stoa.world)


async def _settle(stoa: Stoa) -> None:
    while await work_once(stoa.app.state.house, "test"):
        pass


async def _edit(stoa: Stoa, post_id: int, body: str) -> None:
    async with stoa.database.reading() as connection:
        version = (await connection.execute(select(Post.c.version).where(Post.c.post_id == post_id))).scalar_one()
    done = await edit_post(stoa.database, stoa.world["joost"].viewer, post_id, Draft(body=body), version, NOON)
    assert isinstance(done, Written), done
    await _settle(stoa)


async def _told(stoa: Stoa) -> list[str]:
    """Who has a notice that they are named, once for each."""
    parts = {person.member_id: part for part, person in stoa.world.people.items()}
    async with stoa.database.reading() as connection:
        rows = await fetch_all(connection, select(Notice.c.member_id).where(Notice.c.kind == "mention"))
    return sorted(parts[row.member_id] for row in rows)


async def test_an_edit_tells_whom_it_is_the_first_to_name(stoa: Stoa, scene: Scene) -> None:
    post_id = await reply(scene, "joost", f"Ask {TARIQ}.")
    await _settle(stoa)
    assert await _told(stoa) == ["tariq"]
    await _edit(stoa, post_id, f"Ask {TARIQ} or {LIN}.")
    assert await _told(stoa) == ["lin", "tariq"]
    async with stoa.database.writing() as connection:  # events come at least once
        await connection.execute(update(Event).values(done_at=None))
    await _settle(stoa)
    assert await _told(stoa) == ["lin", "tariq"]


async def test_who_was_named_before_is_not_told_again(stoa: Stoa, scene: Scene) -> None:
    post_id = await reply(scene, "joost", f"Ask {TARIQ}.")
    await _settle(stoa)
    async with stoa.database.writing() as connection:
        await connection.execute(delete(Notice))  # forgotten, as old ones are
    await _edit(stoa, post_id, "Ask nobody.")
    await _edit(stoa, post_id, f"Ask {TARIQ} after all, and {LIN}.")
    assert await _told(stoa) == ["lin"]


@pytest.mark.parametrize("why", ["mute", "channel"])
async def test_who_could_not_be_told_then_is_not_told_by_a_later_edit(stoa: Stoa, scene: Scene, why: str) -> None:
    tariq, joost = scene.id_of("tariq"), scene.id_of("joost")
    async with stoa.database.writing() as connection:
        if why == "mute":
            await connection.execute(insert(Mute).values(member_id=tariq, other_id=joost, since=NOON))
        else:
            shut = {"member_id": tariq, "channel": "mention", "audience": "only-me", "waits": False}
            await connection.execute(insert(Channel).values(shut))
    post_id = await reply(scene, "joost", "Ask somebody.")
    await _edit(stoa, post_id, f"Ask {TARIQ}.")
    assert await _told(stoa) == [], "as of a new post"
    async with stoa.database.writing() as connection:
        await connection.execute(delete(Mute))
        await connection.execute(delete(Channel))
    await _edit(stoa, post_id, f"Do ask {TARIQ}.")
    assert await _told(stoa) == []


async def test_an_edit_in_a_closed_room_tells_only_who_is_in_it(stoa: Stoa, scene: Scene) -> None:
    async with stoa.database.reading() as connection:
        closed = stoa.world.closed_thread.thread_id
        lins = select(Post.c.post_id).where(Post.c.thread_id == closed, Post.c.member_id == scene.id_of("lin"))
        post_id = (await connection.execute(lins)).scalar_one()
    draft = Draft(body=f"Ask {TARIQ} or {AMARA}.")
    assert isinstance(await edit_post(stoa.database, stoa.world["lin"].viewer, post_id, draft, 1, NOON), Written)
    await _settle(stoa)
    assert await _told(stoa) == ["amara"]


async def test_a_post_names_so_many_over_all_its_edits(
    stoa: Stoa, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.notices.making.MOST_MENTIONED", 2)
    post_id = await reply(scene, "joost", f"Ask {TARIQ}.")
    await _settle(stoa)
    await _edit(stoa, post_id, f"Ask {LIN}, {AMARA}.")
    assert await _told(stoa) == ["lin", "tariq"]
    await _edit(stoa, post_id, f"Ask {AMARA}.")
    assert await _told(stoa) == ["lin", "tariq"]


async def test_whom_a_post_named_is_forgotten_with_its_text(stoa: Stoa, scene: Scene) -> None:
    async def named() -> int:
        async with stoa.database.reading() as connection:
            return len(await fetch_all(connection, select(Mention.c.member_id)))

    post_id = await reply(scene, "joost", f"Ask {TARIQ}.")
    await _settle(stoa)
    await forget_what_is_over(stoa.database, NOON + KEEP_NOTICES_FOR * 2)
    assert await named() == 1
    await delete_post(stoa.database, stoa.world["joost"].viewer, post_id, NOON)
    await forget_what_is_over(stoa.database, NOON + UNDO_DELETE_FOR * 2)
    assert await named() == 0
