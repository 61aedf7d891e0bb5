"""Reports: anybody may report what they see, once until it was decided; what several people report is one case.

What is said in a SIG goes to its moderators, or to the staff as well where its author is one of them; scraps, entries
and people go to the staff. Without an account, reports are counted by network and by what they are about.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts import Attempt
from domain.limits import Action
from domain.members import ENTRY_RULES, WRITTEN_SHAPES, EntryKind, Shape, Slot
from domain.moderation import CaseKind, CaseState, ReportPage, ReportReason, SlotLine, Subject, problems_with_report
from domain.refusals import Reason, Refused
from domain.sigs import MODERATING
from domain.visibility import STAFF, Keys, Viewer, mod_key
from storage.database import Database, fetch_all, fetch_one
from storage.key_sets import opens, opens_towards
from storage.members.people import find_other
from storage.moderation.filing import file_case
from storage.moderation.items import About, Look, find_item
from storage.roles import find_role
from storage.scraps.boards import find_board
from storage.scraps.keys import visible_scrap
from storage.secrets import Seal
from storage.sessions import Browser
from storage.tables import Case, Entry, Member, Post, Report, Scrap, Sig, Thread
from storage.throttle import TooMany, count_act, count_try

_SHAPES = WRITTEN_SHAPES | {Shape.PHOTO}


@dataclass(frozen=True, slots=True)
class Reported:
    """What somebody reports: a post or a scrap by its id, a person by address, an entry by address and slot."""

    subject: Subject
    number: int = 0
    address: str = ""
    slot: str = ""

    @property
    def path(self) -> str:
        """The address of its form."""
        named = {
            Subject.POST: str(self.number),
            Subject.SCRAP: str(self.number),
            Subject.ENTRY: f"{self.address}/{self.slot}",
            Subject.PERSON: self.address,
        }
        return f"/report/{self.subject}/{named[self.subject]}"


@dataclass(frozen=True, slots=True)
class _Target:
    about: About
    sig_id: int | None = None
    sig_name: str | None = None


async def find_report_page(database: Database, viewer: Viewer, reported: Reported) -> ReportPage | None:
    """The form for a report; None for what the viewer does not see, and for what is their own."""
    async with database.reading() as connection:
        target = await _find_target(connection, viewer, reported)
        if target is None:
            return None
        item = await find_item(connection, target.about, Look(viewer))
        slots = await _slots(connection, viewer, target) if reported.subject is Subject.PERSON else ()
    return ReportPage(
        item=item,
        path=reported.path,
        goes_to=target.sig_name,
        is_signed_in=viewer.member_id is not None,
        slots=slots,
        address=reported.address,
    )


async def _slots(connection: AsyncConnection, viewer: Viewer, target: _Target) -> tuple[SlotLine, ...]:
    """The lines of a person's page that the viewer sees and can report one by one."""
    kinds = [kind for kind, rule in ENTRY_RULES.items() if rule.shape in _SHAPES]
    statement = (
        select(Entry.c.kind, Entry.c.position)
        .where(Entry.c.member_id == target.about.member_id, Entry.c.kind.in_(kinds), Entry.c.value != "")
        .where(opens_towards(Entry.c.member_id, Entry.c.key_set_id, viewer.ring))
        .order_by(Entry.c.kind, Entry.c.position)
    )
    slots = [Slot(EntryKind(row.kind), row.position) for row in await fetch_all(connection, statement)]
    return tuple(SlotLine(slot=slot.name, kind=slot.kind) for slot in slots)


async def report(
    database: Database,
    seal: Seal,
    viewer: Viewer,
    reported: Reported,
    typed: tuple[str, str],
    asking: Browser,
    now: datetime,
) -> Refused | None:
    """Report something, with reason and words. Reporting it again changes nothing while the first report waits; once
    its case is closed, another report is another case."""
    reason, words = typed
    async with database.reading() as connection:
        if await _find_target(connection, viewer, reported) is None:
            return Refused(Reason.MISSING)
    if problems := problems_with_report(reason, words):
        return Refused(Reason.INVALID, problems)
    if viewer.member_id is None:
        try:
            await count_try(database, seal, Attempt.REPORT, reported.path, asking, now)
        except TooMany as too_many:
            return Refused(Reason.TOO_MANY, retry_after=too_many.retry_after)
    async with database.writing() as connection:
        target = await _find_target(connection, viewer, reported, hold=True)
        if target is None:
            return Refused(Reason.MISSING)
        return await _note_report(connection, viewer, target, ReportReason(reason), words.strip(), now)


async def _note_report(
    connection: AsyncConnection, viewer: Viewer, target: _Target, reason: ReportReason, words: str, now: datetime
) -> Refused | None:
    cases = _cases_about(target.about) & (Case.c.state != CaseState.CLOSED)
    if viewer.member_id is not None:
        before = select(Report.c.report_id).join(Case, Case.c.case_id == Report.c.case_id)
        if await fetch_one(connection, before.where(cases, Report.c.member_id == viewer.member_id).limit(1)):
            return None
        if refused := await count_act(connection, Action.REPORT, viewer.member_id, now):
            return refused
    standing = select(Case.c.case_id).where(cases)
    case_id = await connection.scalar(standing.order_by(Case.c.case_id).limit(1))
    if case_id is None:
        keys = await _keys_for(connection, target)
        about = {name: getattr(target.about, name) for name in ("member_id", "post_id", "scrap_id", "entry_id")}
        case_id = await file_case(connection, CaseKind.REPORT, keys, now, sig_id=target.sig_id, **about)
    row = {"case_id": case_id, "member_id": viewer.member_id, "reason": reason.value, "words": words, "made_at": now}
    await connection.execute(insert(Report).values(row))
    return None


def _cases_about(about: About) -> Any:
    """SQL: the cases of reports about this thing."""
    is_report = Case.c.kind == CaseKind.REPORT
    for column, number in (
        (Case.c.post_id, about.post_id),
        (Case.c.scrap_id, about.scrap_id),
        (Case.c.entry_id, about.entry_id),
    ):
        if number is not None:
            return is_report & (column == number)
    nothing_else = Case.c.post_id.is_(None) & Case.c.scrap_id.is_(None) & Case.c.entry_id.is_(None)
    return is_report & nothing_else & (Case.c.member_id == about.member_id)


async def _keys_for(connection: AsyncConnection, target: _Target) -> Keys:
    """Whose queue a report goes into: nobody sits over themselves alone."""
    if target.sig_id is None:
        return frozenset({STAFF})
    keys = {mod_key(target.sig_id)}
    if await find_role(connection, target.about.member_id, target.sig_id) in MODERATING:
        keys.add(STAFF)
    return frozenset(keys)


async def _find_target(
    connection: AsyncConnection, viewer: Viewer, reported: Reported, *, hold: bool = False
) -> _Target | None:
    """The thing, if the viewer sees it and it is not theirs. Held, so that two reports at once make one case."""
    target: _Target | None = None
    match reported.subject:
        case Subject.POST:
            target = await _post(connection, viewer, reported.number, hold=hold)
        case Subject.SCRAP:
            target = await _scrap(connection, viewer, reported.number, hold=hold)
        case Subject.ENTRY:
            target = await _entry(connection, viewer, reported, hold=hold)
        case Subject.PERSON:
            target = await _person(connection, viewer, reported.address, hold=hold)
    is_own = target is not None and target.about.member_id is not None and target.about.member_id == viewer.member_id
    return None if is_own else target


async def _person(connection: AsyncConnection, viewer: Viewer, address: str, *, hold: bool) -> _Target | None:
    found = await find_other(connection, viewer, address)
    if found is None:
        return None
    if hold:
        await _hold(connection, Member.c.member_id, found[0])
    return _Target(About(member_id=found[0]))


async def _hold(connection: AsyncConnection, column: Any, number: int) -> None:
    await connection.execute(select(column).where(column == number).with_for_update(key_share=True))


async def _post(connection: AsyncConnection, viewer: Viewer, post_id: int, *, hold: bool) -> _Target | None:
    if hold:
        await _hold(connection, Post.c.post_id, post_id)
    statement = (
        select(Post.c.member_id, Sig.c.sig_id, Sig.c.name)
        .join(Thread, Thread.c.thread_id == Post.c.thread_id)
        .join(Sig, Sig.c.sig_id == Thread.c.sig_id)
        .where(Post.c.post_id == post_id, Post.c.number.is_not(None))
        .where(*(when.is_(None) for when in (Post.c.deleted_at, Post.c.hidden_at)))
        .where(opens(Post.c.key_set_id, viewer.ring), opens(Thread.c.key_set_id, viewer.ring))
    )
    row = await fetch_one(connection, statement)
    return _Target(About(row.member_id, post_id=post_id), row.sig_id, row.name) if row else None


async def _scrap(connection: AsyncConnection, viewer: Viewer, scrap_id: int, *, hold: bool) -> _Target | None:
    if hold:
        await _hold(connection, Scrap.c.scrap_id, scrap_id)
    statement = (
        select(Scrap.c.member_id, Member.c.public_id)
        .join(Member, Member.c.member_id == Scrap.c.owner_id)
        .where(Scrap.c.scrap_id == scrap_id, Scrap.c.topic.is_(None), visible_scrap(viewer.ring))
    )
    row = await fetch_one(connection, statement)
    if row is None or await find_board(connection, viewer, row.public_id) is None:
        return None  # nobody is shown the board of who keeps their name back
    return _Target(About(row.member_id, scrap_id=scrap_id))


async def _entry(connection: AsyncConnection, viewer: Viewer, reported: Reported, *, hold: bool) -> _Target | None:
    try:
        slot = Slot.parse(reported.slot)
    except (ValueError, IndexError):
        return None
    if ENTRY_RULES[slot.kind].shape not in _SHAPES:
        return None
    if slot.kind is EntryKind.PHOTO and await find_other(connection, viewer, reported.address) is None:
        return None  # nobody is shown the picture of who keeps their name back
    statement = (
        select(Entry.c.entry_id, Entry.c.member_id)
        .join(Member, Member.c.member_id == Entry.c.member_id)
        .where(Member.c.public_id == reported.address, Entry.c.kind == slot.kind, Entry.c.position == slot.position)
        .where(Entry.c.value != "", opens_towards(Entry.c.member_id, Entry.c.key_set_id, viewer.ring))
    )
    row = await fetch_one(connection, statement)
    if row and hold:
        await _hold(connection, Entry.c.entry_id, row.entry_id)
    return _Target(About(row.member_id, entry_id=row.entry_id)) if row else None
