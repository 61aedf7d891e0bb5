"""What the other world has more of: scraps, words and files of one's own, reports, acts, requests, notices and people
kept away, all of them others' business. Everything is added after everything else, so that no id moves."""

from collections.abc import Iterator

from sqlalchemy import insert, select

from domain.moderation import ActKind, Order, Subject
from domain.notices import MailState, NoticeKind
from domain.start_page import KeepsakeKind
from domain.visibility import Viewer, own_key
from storage import tables
from storage.blocks import block, mute
from storage.connections import ask
from storage.database import Database
from storage.key_sets import intern_key_set
from storage.moderation.acts import act_on_case
from storage.moderation.cases import note_case, open_case
from storage.moderation.reports import Reported, report
from storage.rings import find_viewer
from storage.scraps.keys import rekey_scraps
from storage.secrets import Seal
from storage.sessions import Browser
from storage.sigs.invitations import invite
from storage.start_page.keepsakes import Typed, keep
from tests.cast import NOON
from tests.leaks.oracle import BOARDROOM
from tests.leaks.planted import Planted
from tests.leaks.planting_moderation import KEEPER
from tests.leaks.planting_scraps import BUSY

_EXTRAS = ("lin", "edo", "joost", "tariq", "olga")
_ASKING = Browser("192.0.2.9", "Firefox, Linux", None)


class Others:
    """The other world as it is filled for one viewer: whoever acts in it is somebody else."""

    def __init__(self, stage: Database, seal: Seal, planted: Planted, viewer: str) -> None:
        self.stage, self.seal, self.planted, self.viewer = stage, seal, planted, viewer

    def _people(self) -> Iterator[str]:
        return (part for part in _EXTRAS if part != self.viewer)

    def _id(self, part: str) -> int:
        return self.planted.world[part].member_id

    async def add(self) -> None:
        """All of it."""
        await self._add_scraps()
        await self._add_keepsakes()
        await self._add_bonds()
        await self._add_notices()
        if self.viewer != "stella":
            await self._report_to_staff()
        if self.viewer not in BOARDROOM | {"stella"}:
            await self._moderate()

    async def _add_scraps(self) -> None:
        """On a board that nobody else reads; and on one that members read what waits, was hidden, or is for two."""
        writer, own = next(self._people()), "settled only-me-owner"
        kinds: list[tuple[str, dict[str, object]]] = [
            (own, {}),
            (BUSY, {"is_private": True}),
            (BUSY, {"state": "waiting"}),
            (BUSY, {"state": "hidden"}),
        ]
        async with self.stage.writing() as connection:
            for owner, more in kinds:
                row = {
                    "owner_id": self._id(owner),
                    "member_id": self._id(writer),
                    "kind": "member",
                    "body": "One more.",
                    "html": "<p>One more.</p>",
                    "is_private": False,
                    "state": "standing",
                    "key_set_id": await intern_key_set(connection, frozenset({own_key(self._id(owner))})),
                    "written_at": NOON,
                    **more,
                }
                await connection.execute(insert(tables.Scrap).values(row))
                await rekey_scraps(connection, self._id(owner))

    async def _add_keepsakes(self) -> None:
        for number, part in enumerate(self._people()):
            typed = Typed(f"One more note {number}", "", "Kept for oneself.", "law")
            assert isinstance(await keep(self.stage, self.seal, self._id(part), KeepsakeKind.NOTE, typed, NOON), int)

    async def _viewer(self, part: str) -> Viewer:
        async with self.stage.reading() as connection:
            found = await find_viewer(connection, self._id(part))
        assert found is not None
        return found

    async def _add_bonds(self) -> None:
        """A request, a mute, a block and an invitation between people who are none of the viewer's business."""
        one, other, third = [part for part in self._people() if part != "olga"][:3]
        public_id = self.planted.world[other].public_id
        viewer = await self._viewer(one)
        assert await ask(self.stage, viewer, public_id, "One more wish.", NOON) is None
        assert await mute(self.stage, viewer, public_id, NOON) is None
        assert await block(self.stage, viewer, self.planted.world[third].public_id, NOON) is None
        if self.viewer not in {"amara", "bodil"}:
            owner, cellar = await self._viewer("amara"), self.planted.doors["cellar"]
            assert await invite(self.stage, owner, cellar, public_id, "One more chair.", NOON) is None

    async def _add_notices(self) -> None:
        post_id = self.planted.posts["boardroom kept"]
        rows = [
            {
                "member_id": self._id(part),
                "event_id": 9_000_000 + number,
                "kind": NoticeKind.REPLY.value,
                "post_id": post_id,
                "actor_id": self._id("amara"),
                "made_at": NOON,
                "mail": MailState.DUE.value,
                "mail_at": NOON,
                "attempts": 0,
            }
            for number, part in enumerate(self._people())
        ]
        async with self.stage.writing() as connection:
            await connection.execute(insert(tables.Notice), rows)

    async def _report_to_staff(self) -> None:
        about = Reported(Subject.PERSON, address=self.planted.world["settled everyone-owner"].public_id)
        reporter = await self._viewer(next(self._people()))
        assert await report(self.stage, self.seal, reporter, about, ("spam", "One more."), _ASKING, NOON) is None

    async def _moderate(self) -> None:
        """One more report in the Boardroom, with a note about it and a warning after it."""
        about = Reported(Subject.POST, self.planted.posts["boardroom settled members-owner"])
        reporter, keeper = await self._viewer("olga"), await self._viewer(KEEPER)
        assert await report(self.stage, self.seal, reporter, about, ("offensive", "More."), _ASKING, NOON) is None
        newest = select(tables.Case.c.case_id).order_by(tables.Case.c.case_id.desc()).limit(1)
        async with self.stage.reading() as connection:
            case_id = (await connection.execute(newest)).scalar_one()
        assert await note_case(self.stage, keeper, case_id, "One more note.", NOON) is None
        assert await open_case(self.stage, keeper, case_id, NOON) is None
        order = Order(ActKind.WARN, "house:respect", "One more warning.")
        acted = await act_on_case(self.stage, keeper, case_id, order, NOON)
        assert isinstance(acted, int), acted
