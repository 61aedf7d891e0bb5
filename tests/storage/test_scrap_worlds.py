"""Scraps over random worlds: people join, leave, connect and block, open and shut their boards, write and answer, let
stand, hide and take back; and at every stop SQL opens to each viewer what the rule does, keys worked out anew."""

from random import Random

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import EntryKind, Slot
from domain.refusals import Reason, Refused
from domain.scraps import ScrapForm, Topic, may_see_scrap, scrap_keys
from domain.visibility import Viewer
from storage.database import Database, fetch_all, insert_into
from storage.scraps.acts import (
    delete_scrap,
    give_scrap_back,
    hide_scrap,
    release_scrap,
    release_scraps_of,
    take_back_scrap,
    withhold_scrap,
)
from storage.scraps.commands import ScrapDraft, write_scrap
from storage.scraps.keys import find_board_keys, scrap_of, scraps_with_above, visible_scrap
from storage.scraps.pages import BoardPlace, find_board_page
from storage.scraps.system import leave_system_scrap
from storage.secrets import Seal
from storage.tables import AttemptCount, Block, Channel, Scrap
from tests.agreeing import save_agreed
from tests.cast import NOON
from tests.storage.worlds import SmallWorld, drawn_lives, small_world

pytestmark = pytest.mark.slow

SQLITE, POSTGRESQL = 6, 3
"""Worlds on each engine."""
_AUDIENCES = ("members", "members", "my-sigs", "connections", "only-me")


class Life:
    """What happens to the scraps of one world, by lot."""

    def __init__(self, world: SmallWorld, number: int) -> None:
        self.world, self.lot = world, Random(number)  # noqa: S311 -- a lot that falls the same each time
        self.left: list[tuple[int, int]] = []
        self.done = dict.fromkeys(("written", "refused", "shown", "hidden from"), 0)

    async def go_on(self) -> None:
        """One thing that somebody does."""
        who, whom = self.lot.sample(self.world.people, 2)
        act = self.lot.choice(
            ("write",) * 12 + ("answer",) * 8 + ("open", "open", "wait", "block", "stoa", "withhold") + _ACTS
        )
        match act:
            case "write" | "answer":
                await self._write(who, whom, is_answer=act == "answer")
            case "open":
                audience = self.lot.choice(_AUDIENCES)
                form = {Slot(EntryKind.SCRAPS): (None, audience)}
                assert await save_agreed(self.world.stage, self.world.seal, who, form, self.world.now) is None
            case "wait" | "block" | "stoa" | "withhold" | "leave":
                async with self.world.stage.writing() as connection:
                    await self._arrange(connection, act, who, whom)
            case _:
                for scrap_id, _ in self.lot.sample(self.left, min(1, len(self.left))):
                    await self._act(act, await self.world.viewer(who), scrap_id)

    async def _write(self, who: int, whom: int, *, is_answer: bool) -> None:
        reply_to = None
        if is_answer and self.left:
            reply_to, whom = self.lot.choice(self.left)
        draft = ScrapDraft(f"By {who}.", is_private=self.lot.random() < 0.25, reply_to_id=reply_to)
        viewer, address = await self.world.viewer(who), self.world.addresses[whom]
        written = await write_scrap(self.world.stage, viewer, address, draft, NOON)
        self.done["refused" if isinstance(written, Refused) else "written"] += 1
        if isinstance(written, int):
            self.left.append((written, whom))

    async def _arrange(self, connection: AsyncConnection, act: str, who: int, whom: int) -> None:
        await connection.execute(delete(AttemptCount))
        match act:
            case "wait":
                row = {"member_id": who, "channel": "scrap", "audience": "members", "waits": self.lot.random() < 0.7}
                choosing = insert_into(connection, Channel).values(row)
                again = choosing.on_conflict_do_update(index_elements=["member_id", "channel"], set_=row)
                await connection.execute(again)
            case "block":
                lasting = (Block.c.member_id == who) & (Block.c.other_id == whom)
                if not (await connection.execute(delete(Block).where(lasting))).rowcount:
                    row = {"member_id": who, "other_id": whom, "since": NOON}
                    await connection.execute(insert_into(connection, Block).values(row))
            case "stoa":
                left = await leave_system_scrap(connection, who, self.lot.choice(tuple(Topic)), NOON)
                self.left += [(left, who)] if left else []
            case "leave":
                await release_scraps_of(connection, who)
            case _ if self.left:
                staff = self.lot.choice((withhold_scrap, give_scrap_back))
                await staff(connection, self.lot.choice(self.left)[0])
            case _:
                assert act == "withhold"

    async def _act(self, act: str, viewer: Viewer, scrap_id: int) -> None:
        stage = self.world.stage
        if act == "hide":
            await hide_scrap(stage, viewer, scrap_id)
            return
        acts = {"release": release_scrap, "delete": delete_scrap, "take back": take_back_scrap}
        outcome = await acts[act](stage, viewer, scrap_id, NOON)
        assert not isinstance(outcome, Refused) or outcome.reason is not Reason.TOO_MANY

    async def demand_that_both_forms_agree(self) -> None:
        """For every viewer: SQL over the stored keys, and the rule over keys that are worked out here and now."""
        async with self.world.stage.reading() as connection:
            of_world = Scrap.c.owner_id.in_(self.world.people)
            rows = await fetch_all(connection, scraps_with_above().where(of_world))
            boards = {one: await find_board_keys(connection, one) for one in self.world.people}
            scraps = {row.scrap_id: scrap_of(row) for row in rows}
            for viewer in await self.world.viewers():
                seeing = select(Scrap.c.scrap_id).where(of_world, visible_scrap(viewer.ring))
                opened = {row.scrap_id for row in await fetch_all(connection, seeing)}
                expected = {
                    scrap_id
                    for scrap_id, scrap in scraps.items()
                    if may_see_scrap(scrap, scrap_keys(boards[scrap.owner_id], scrap), viewer.ring)
                }
                assert opened == expected, viewer
                self.done["shown"] += len(opened)
                self.done["hidden from"] += len(scraps) - len(opened)
                await self._demand_the_boards(viewer, opened)

    async def _demand_the_boards(self, viewer: Viewer, opened: set[int]) -> None:
        """No page shows more than that, and the place of what is gone shows nothing."""
        for address in self.world.addresses.values():
            form = ScrapForm(submission="")
            page = await find_board_page(self.world.stage, viewer, address, BoardPlace(), form)
            for one in page.conversations if page else ():
                whole = [view for view in (one.scrap, *one.replies) if not view.is_deleted]
                assert {view.scrap_id for view in whole} <= opened
                assert not one.scrap.is_deleted or (one.replies and one.scrap.html is None)


_ACTS = ("release", "hide", "delete", "take back", "leave")


async def test_sql_and_the_rule_agree_on_every_scrap(database: Database, seal: Seal) -> None:
    done: dict[str, int] = {}
    for number, steps in enumerate(drawn_lives(SQLITE if database.is_sqlite else POSTGRESQL)):
        async with small_world(database, seal, number) as world:
            life = Life(world, number)
            for number_of_step, step in enumerate(steps):
                await world.play(step)
                for _ in range(6):
                    await life.go_on()
                if number_of_step % 4 == 0:
                    await life.demand_that_both_forms_agree()
            done = {name: done.get(name, 0) + count for name, count in life.done.items()}
    least = 20 if database.is_sqlite else 6
    assert all(count > least for count in done.values()), done
