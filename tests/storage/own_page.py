"""The page of one of the cast as tests of storage save it and look at it, with a clock that goes on."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select

from domain.members import (
    ENTRY_RULES,
    EntryKind,
    MemberPage,
    Shape,
    Slot,
    write_record,
)
from domain.refusals import Refused
from domain.visibility import Viewer
from storage.database import Database, fetch_all
from storage.members.editing import Typed, Unsaved, save_entries
from storage.members.page import find_member_page
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.tables import Entry
from tests.agreeing import save_agreed
from tests.cast import NOON, World

STORED = {EntryKind.NAME: "Amara Okafor", EntryKind.PROFESSION: "Plant director"}
TYPED_HERE = {Shape.LINE, Shape.TEXT, Shape.LIST, Shape.GENDER, Shape.PHONE, Shape.EMAIL}
DAILY = {EntryKind.CONTRIBUTIONS}
"""What members see of Amara for what she did here."""


def whole_form(**changes: tuple[str | None, str | None]) -> Typed:
    """The whole form as a browser sends it: what is stored, with these changes (value, audience)."""
    typed = {kind: rule for kind, rule in ENTRY_RULES.items() if rule.shape in TYPED_HERE}
    form = {Slot(kind): (STORED.get(kind, ""), str(rule.default)) for kind, rule in typed.items()}
    return {**form, **{Slot.parse(name.replace("_", "-")): change for name, change in changes.items()}}


def job(role: str = "Fitter", **parts: str) -> str:
    return write_record(EntryKind.EXPERIENCE, {"role": role, **parts})


class Page:
    """The page of somebody, Amara unless said otherwise, saved and looked at."""

    def __init__(self, database: Database, seal: Seal, world: World) -> None:
        self.database, self.seal, self.world = database, seal, world
        self.now = NOON

    async def save(self, *, confirmed: bool = False, **changes: tuple[str | None, str | None]) -> Unsaved | None:
        return await self.send(whole_form(**changes), confirmed=confirmed)

    async def send(
        self, form: Typed, *, part: str = "amara", public_page: bool | None = None, confirmed: bool = False
    ) -> Unsaved | None:
        self.now += timedelta(minutes=1)
        member_id = self.world[part].member_id
        save = save_agreed if confirmed else save_entries
        return await save(self.database, self.seal, member_id, form, self.now, public_page=public_page)

    async def viewer(self, part: str) -> Viewer:
        async with self.database.reading() as connection:
            found = await find_viewer(connection, self.world[part].member_id)
        assert found is not None
        return found

    async def page(self, viewer: Viewer, part: str = "amara") -> MemberPage | Refused:
        return await find_member_page(self.database, self.seal, viewer, self.world[part].public_id)

    async def seen_by(self, viewer: Viewer | str, part: str = "amara") -> set[EntryKind]:
        found = await self.page(await self.viewer(viewer) if isinstance(viewer, str) else viewer, part)
        return {entry.kind for entry in found.entries} if isinstance(found, MemberPage) else set()

    async def stored(self, part: str = "amara") -> Mapping[Slot, tuple[str, str]]:
        columns = (Entry.c.kind, Entry.c.position, Entry.c.value, Entry.c.audience)
        statement = select(*columns).where(Entry.c.member_id == self.world[part].member_id)
        async with self.database.reading() as connection:
            rows = await fetch_all(connection, statement)
        return {Slot(EntryKind(kind), position): (value, audience) for kind, position, value, audience in rows}
