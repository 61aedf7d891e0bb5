"""Scraps as tests of storage leave them and see them, with each one's ring of the moment and a clock that goes on."""

from datetime import timedelta

from domain.channels import Channel
from domain.members import EntryKind, Slot
from domain.refusals import Refused
from domain.scraps import BoardPage, ScrapForm, ScrapView
from domain.visibility import Audience, Viewer
from storage.channels import choose_channels
from storage.database import Database
from storage.members.keys import hold_owner, write_entry
from storage.rings import find_viewer
from storage.scraps.commands import ScrapDraft, write_scrap
from storage.scraps.pages import BoardPlace, find_board_page
from tests.cast import NOON, World

FORM = ScrapForm(submission="")
NEWEST = BoardPlace()


class Boards:
    """The boards of the cast."""

    def __init__(self, database: Database, world: World) -> None:
        self.database, self.world, self.now = database, world, NOON

    async def viewer(self, part: str) -> Viewer:
        async with self.database.reading() as connection:
            found = await find_viewer(connection, self.world[part].member_id)
        assert found is not None
        return found

    async def try_to_leave(self, part: str, owner: str, body: str = "Hello.", **more: object) -> int | Refused:
        self.now += timedelta(minutes=1)
        draft = ScrapDraft(body, **more)  # type: ignore[arg-type]  # a test names what it fills
        address = self.world[owner].public_id
        return await write_scrap(self.database, await self.viewer(part), address, draft, self.now)

    async def leave(self, part: str, owner: str, body: str = "Hello.", **more: object) -> int:
        left = await self.try_to_leave(part, owner, body, **more)
        assert isinstance(left, int), left
        return left

    async def open_to(self, owner: str, audience: Audience) -> None:
        """Choose who reads a board; what that means for those who agree to it is the form's."""
        self.now += timedelta(minutes=1)
        async with self.database.writing() as connection:
            held = await hold_owner(connection, self.world[owner].member_id)
            await write_entry(connection, held, Slot(EntryKind.SCRAPS), "shown", audience, self.now)

    async def choose(self, owner: str, audience: str, *, waits: bool = False) -> None:
        """Choose who writes on a board, and whether it waits."""
        waiting = frozenset({Channel.SCRAP} if waits else ())
        member_id = self.world[owner].member_id
        assert await choose_channels(self.database, member_id, {Channel.SCRAP: audience}, waiting) is None

    async def board(
        self, part: str | Viewer, owner: str, place: BoardPlace = NEWEST, form: ScrapForm = FORM
    ) -> BoardPage | None:
        viewer = await self.viewer(part) if isinstance(part, str) else part
        return await find_board_page(self.database, viewer, self.world[owner].public_id, place, form)

    async def seen(self, part: str | Viewer, owner: str) -> dict[int, ScrapView]:
        """What a viewer finds on the newest page of a board, replies too; nothing where there is no board."""
        page = await self.board(part, owner)
        conversations = page.conversations if page else ()
        return {view.scrap_id: view for one in conversations for view in (one.scrap, *one.replies)}
