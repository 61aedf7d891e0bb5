"""One case: taken, opened, talked about, closed. Opening it is noted and shown to the person it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.moderation import OPEN_FOR, Actor, CaseKind, CaseState, problem_with_words
from domain.refusals import Reason, Refused
from domain.roles import Permission, refuse_unless
from domain.visibility import STAFF, Keys, Viewer
from storage.database import Database, fetch_one
from storage.forum.holding import publish_held
from storage.forum.keeping import hold_any_post, is_open
from storage.key_sets import parse_keys
from storage.moderation.filing import closing
from storage.moderation.queue import visible_cases
from storage.roles import find_role
from storage.sigs.joining import decide_join
from storage.tables import Case, CaseNote, CaseOpening, KeySet, Sig

_MISSING = Refused(Reason.MISSING)


@dataclass(frozen=True, slots=True)
class Found:
    """A case that the viewer may see, and who they are there."""

    row: Any
    actor: Actor
    keys: Keys

    @property
    def kind(self) -> CaseKind:
        """What waits."""
        return CaseKind(self.row.kind)


async def find_case(connection: AsyncConnection, viewer: Viewer, case_id: int) -> Found | None:
    """The case, if one of its keys is on the viewer's ring, their role includes it, and it is not about them."""
    statement = (
        select(
            Case.c.case_id,
            Case.c.sig_id,
            Case.c.kind,
            Case.c.state,
            Case.c.member_id,
            Case.c.post_id,
            Case.c.scrap_id,
            Case.c.entry_id,
            Case.c.words,
            Case.c.assignee_id,
            Case.c.made_at,
            KeySet.c.text.label("keys"),
            Sig.c.slug,
            Sig.c.name,
            Sig.c.rules,
        )
        .join(KeySet, KeySet.c.key_set_id == Case.c.key_set_id)
        .outerjoin(Sig, Sig.c.sig_id == Case.c.sig_id)
        .where(Case.c.case_id == case_id, visible_cases(viewer))
    )
    row = await fetch_one(connection, statement)
    if row is None or viewer.member_id is None:
        return None
    keys = parse_keys(row.keys)
    role = None if row.sig_id is None else await find_role(connection, viewer.member_id, row.sig_id)
    actor = Actor(viewer.member_id, role, is_staff=STAFF in keys & viewer.ring)
    return None if refuse_unless(Permission.SEE_CASE, role, is_staff=actor.is_staff) else Found(row, actor, keys)


async def hold_case(connection: AsyncConnection, case_id: int) -> None:
    """Hold a case until the transaction ends, after the people and the thread that it is about: the same form sent
    twice at once finds what the first one did."""
    await connection.execute(select(Case.c.case_id).where(Case.c.case_id == case_id).with_for_update(key_share=True))


async def is_opened(connection: AsyncConnection, found: Found, now: datetime) -> bool:
    """Whether the viewer has opened the case of late. A case that concerns nobody stands open."""
    if found.row.member_id is None:
        return True
    recent = select(CaseOpening.c.case_opening_id).where(
        CaseOpening.c.case_id == found.row.case_id,
        CaseOpening.c.member_id == found.actor.member_id,
        CaseOpening.c.opened_at > now - OPEN_FOR,
    )
    return await fetch_one(connection, recent.limit(1)) is not None


async def open_case(database: Database, viewer: Viewer, case_id: int, now: datetime) -> Refused | None:
    """Open a case, which the person concerned will read."""
    async with database.writing() as connection:
        found = await find_case(connection, viewer, case_id)
        if found is None:
            return _MISSING
        await hold_case(connection, case_id)
        if not await is_opened(connection, found, now):
            row = {"case_id": case_id, "member_id": found.actor.member_id, "concerned_id": found.row.member_id}
            await connection.execute(insert(CaseOpening).values(**row, opened_at=now))
    return None


async def take_case(database: Database, viewer: Viewer, case_id: int) -> Refused | None:
    """Take a case on, also from somebody else."""
    async with database.writing() as connection:
        found = await find_case(connection, viewer, case_id)
        if found is None:
            return _MISSING
        taken = {"state": CaseState.TAKEN.value, "assignee_id": found.actor.member_id, "version": Case.c.version + 1}
        return await _change(connection, case_id, taken, now_closed=False)


async def give_back_case(database: Database, viewer: Viewer, case_id: int) -> Refused | None:
    """Put a case that one has taken back for others."""
    async with database.writing() as connection:
        found = await find_case(connection, viewer, case_id)
        if found is None:
            return _MISSING
        if found.row.assignee_id != found.actor.member_id:
            return Refused(Reason.NOT_YOURS)
        given = {"state": CaseState.OPEN.value, "assignee_id": None, "version": Case.c.version + 1}
        return await _change(connection, case_id, given, now_closed=False)


async def close_case(database: Database, viewer: Viewer, case_id: int, now: datetime) -> Refused | None:
    """Close a report, with or without an act. What waits for a yes or no is closed by that."""
    async with database.writing() as connection:
        found = await find_case(connection, viewer, case_id)
        if found is None:
            return _MISSING
        if found.kind is not CaseKind.REPORT:
            return Refused(Reason.INVALID)
        return await _change(connection, case_id, closing(now, viewer.member_id), now_closed=False)


async def reopen_case(database: Database, viewer: Viewer, case_id: int) -> Refused | None:
    """Look at a closed report again."""
    async with database.writing() as connection:
        found = await find_case(connection, viewer, case_id)
        if found is None:
            return _MISSING
        if found.kind is not CaseKind.REPORT:
            return Refused(Reason.INVALID)
        again = {"state": CaseState.OPEN.value, "assignee_id": None, "closed_at": None, "closed_by_id": None}
        return await _change(connection, case_id, {**again, "version": Case.c.version + 1}, now_closed=True)


async def _change(
    connection: AsyncConnection, case_id: int, values: Mapping[str, object], *, now_closed: bool
) -> Refused | None:
    is_closed = Case.c.state == CaseState.CLOSED
    change = update(Case).where(Case.c.case_id == case_id, is_closed if now_closed else ~is_closed)
    changed = await connection.execute(change.values(values))
    return None if changed.rowcount else Refused(Reason.STALE)


async def note_case(database: Database, viewer: Viewer, case_id: int, words: str, now: datetime) -> Refused | None:
    """Leave a note for the others who decide; the same one twice is one."""
    if problem := problem_with_words(words):
        return Refused(Reason.INVALID, {"words": problem})
    async with database.writing() as connection:
        found = await find_case(connection, viewer, case_id)
        if found is None:
            return _MISSING
        await hold_case(connection, case_id)
        row = {"case_id": case_id, "member_id": found.actor.member_id, "words": words.strip()}
        same = [CaseNote.c[name] == value for name, value in row.items()]
        if await fetch_one(connection, select(CaseNote.c.case_note_id).where(*same).limit(1)) is None:
            await connection.execute(insert(CaseNote).values(**row, made_at=now))
    return None


async def approve_case(
    database: Database, viewer: Viewer, case_id: int, now: datetime, *, version: int | None = None, is_yes: bool = True
) -> Refused | None:
    """Say yes to what waits: let a first post through, in the version that was shown, or somebody in. A no is for the
    door alone; a post is rejected by an act, with rule and reason. Nothing is decided by who has not looked."""
    async with database.writing() as connection:
        found = await find_case(connection, viewer, case_id)
        if found is None:
            return _MISSING
        if not await is_opened(connection, found, now):
            return Refused(Reason.STALE)
        if found.kind is CaseKind.JOIN:
            return await decide_join(connection, viewer, case_id, now, admit=is_yes)
        if found.kind is not CaseKind.POST or not is_yes:
            return Refused(Reason.INVALID)
        if refused := refuse_unless(Permission.DECIDE_POST, found.actor.role, is_staff=found.actor.is_staff):
            return refused
        row = await hold_any_post(connection, found.row.post_id)
        if refused := refuse_to_publish(row, version):
            return refused
        await publish_held(connection, row, now, found.actor.member_id)
    return None


def refuse_to_publish(row: Any, version: int | None) -> Refused | None:
    """Whether a held post can still be let through: it waits as it was shown, and its thread stands or begins with
    it."""
    if row is None or row.held_at is None or row.deleted_at is not None or row.version != version:
        return Refused(Reason.STALE)
    begins = row.thread_held_at is not None
    return None if begins or is_open(row) else Refused(Reason.CLOSED)
