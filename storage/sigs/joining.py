"""Asking to join a SIG, and what its moderators answer. A request is a case in the queue of the SIG."""

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.joining import AskPage, problems_with_wish, refuse_to_ask
from domain.limits import Action
from domain.members import Widening
from domain.moderation import CaseKind, CaseState
from domain.refusals import Problem, Reason, Refused
from domain.roles import Permission, refuse_unless
from domain.sigs import Joining
from domain.visibility import Viewer, mod_key, sig_key
from storage.database import Database, fetch_one
from storage.events import note
from storage.key_sets import opens
from storage.members.editing import NOTHING_CONFIRMED, Confirmed
from storage.members.keys import hold_owner
from storage.members.widening import is_agreed, list_widened
from storage.moderation.filing import closing, file_case
from storage.roles import find_role
from storage.sigs.entering import find_visible_sig, is_banned, waiting_wishes
from storage.sigs.memberships import enter
from storage.tables import Case
from storage.throttle import count_act


async def find_ask_page(
    database: Database,
    viewer: Viewer,
    slug: str,
    now: datetime,
    words: str = "",
    problem: Problem | None = None,
    widening: tuple[Widening, ...] = (),
) -> AskPage | Refused:
    """The form with which somebody asks to join, with what was typed and not sent; refused where they cannot."""
    async with database.reading() as connection:
        sig = await find_visible_sig(connection, viewer, slug)
        if sig is None or viewer.member_id is None or sig_key(sig.sig_id) in viewer.ring:
            return Refused(Reason.MISSING)
        banned = await is_banned(connection, viewer.member_id, sig.sig_id, now)
        if refused := refuse_to_ask(viewer, Joining(sig.joining), is_banned=banned):
            return refused
        wish = select(exists(select(1).where(waiting_wishes(viewer.member_id, sig.sig_id))))
        has_asked = bool(await connection.scalar(wish))
    return AskPage(
        slug=sig.slug,
        name=sig.name,
        question=sig.question,
        has_asked=has_asked,
        typed=words,
        problem=problem,
        widening=widening,
    )


async def ask_to_join(
    database: Database, viewer: Viewer, slug: str, words: str, now: datetime, confirmed: Confirmed = NOTHING_CONFIRMED
) -> tuple[Widening, ...] | Refused | None:
    """Ask to join a SIG that takes requests; asking twice is asking once. None when asked; what of one's page opens on
    the day that a moderator says yes waits for a yes of one's own before."""
    words = words.strip()
    async with database.writing() as connection:
        sig = await find_visible_sig(connection, viewer, slug)
        if sig is None or viewer.member_id is None or sig_key(sig.sig_id) in viewer.ring:
            return Refused(Reason.MISSING)
        await hold_owner(connection, viewer.member_id)
        banned = await is_banned(connection, viewer.member_id, sig.sig_id, now)
        if refused := refuse_to_ask(viewer, Joining(sig.joining), is_banned=banned):
            return refused
        if problems := problems_with_wish(words, sig.question):
            return Refused(Reason.INVALID, problems)
        if await fetch_one(connection, select(Case.c.case_id).where(waiting_wishes(viewer.member_id, sig.sig_id))):
            return None
        widening = await list_widened(connection, viewer.member_id, sig.sig_id)
        if not is_agreed(widening, confirmed):
            return widening
        if refused := await count_act(connection, Action.REQUEST, viewer.member_id, now):
            return refused
        case_id = await file_case(
            connection,
            CaseKind.JOIN,
            frozenset({mod_key(sig.sig_id)}),
            now,
            sig_id=sig.sig_id,
            member_id=viewer.member_id,
            words=words,
        )
        await note(connection, "sig.join_asked", now, case_id=case_id, sig_id=sig.sig_id, member_id=viewer.member_id)
    return None


async def withdraw_wish(database: Database, viewer: Viewer, slug: str, now: datetime) -> Refused | None:
    """Take back one's request to join."""
    async with database.writing() as connection:
        sig = await find_visible_sig(connection, viewer, slug)
        if sig is None or viewer.member_id is None:
            return Refused(Reason.MISSING)
        withdrawing = update(Case).where(waiting_wishes(viewer.member_id, sig.sig_id))
        await connection.execute(withdrawing.values({**closing(now, viewer.member_id), "words": ""}))
    return None


async def decide_join(
    connection: AsyncConnection, viewer: Viewer, case_id: int, now: datetime, *, admit: bool
) -> Refused | None:
    """Let somebody in who asked, or not; who has come in meanwhile is in. The case is closed by this."""
    finding = select(Case.c.case_id, Case.c.sig_id, Case.c.member_id, Case.c.state).where(
        Case.c.case_id == case_id, Case.c.kind == CaseKind.JOIN, opens(Case.c.key_set_id, viewer.ring)
    )
    case = await fetch_one(connection, finding)
    if case is None:
        return Refused(Reason.MISSING)
    if refused := refuse_unless(Permission.DECIDE_JOIN, await find_role(connection, viewer.member_id, case.sig_id)):
        return refused
    await hold_owner(connection, case.member_id)
    if admit and await is_banned(connection, case.member_id, case.sig_id, now):
        return Refused(Reason.BANNED)
    open_case = update(Case).where(Case.c.case_id == case_id, Case.c.state != CaseState.CLOSED)
    closed = await connection.execute(open_case.values(closing(now, viewer.member_id)))
    if closed.rowcount == 0:
        return Refused(Reason.STALE)
    if not admit:
        await note(connection, "sig.turned_down", now, sig_id=case.sig_id, member_id=case.member_id)
        return None
    await enter(connection, case.member_id, case.sig_id, now)
    await note(connection, "sig.admitted", now, sig_id=case.sig_id, member_id=case.member_id)
    return None
