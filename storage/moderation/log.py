"""Acts as they are read: in the log of a SIG, on the page of each, and among what was done to oneself.

A line names who acted and whom it concerns by their bylines. What it was done to is named only to those who may see
that today; the reason is for the person concerned and those who decide.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import Person, line_of_member
from domain.moderation import (
    ACT_RULES,
    CASES_A_PAGE,
    ActKind,
    ActLine,
    Actor,
    CaseKind,
    LogPage,
    OpeningLine,
    OwnActsPage,
    refuse_to_undo,
    rule_of,
)
from domain.refusals import Refused
from domain.roles import Permission, refuse_unless
from domain.sigs import Role
from domain.visibility import STAFF, Viewer
from storage.database import Database, fetch_all, fetch_one
from storage.key_sets import opens
from storage.members.people import find_people
from storage.moderation.items import About
from storage.roles import find_role, find_roles
from storage.tables import Act, Case, CaseOpening, Post, Sig, Thread

OWN_SHOWN = 50
_ToSig = Sig.table.alias()


def acts(viewer: Viewer) -> Select[Any]:
    """SQL: acts with what their lines need; `is_open` says whether the viewer may go to what it was done to."""
    is_open = opens(Thread.c.key_set_id, viewer.ring)
    may_know = opens(_ToSig.c.key_set_id, viewer.ring)
    return (
        select(
            *Act.table.c,
            Thread.c.title,
            func.coalesce(is_open, False).label("is_open"),
            func.coalesce(opens(Post.c.key_set_id, viewer.ring), False).label("is_post_open"),
            Sig.c.slug,
            Sig.c.name.label("sig_name"),
            _ToSig.c.name.label("to_sig_name"),
            func.coalesce(may_know, False).label("may_know_to_sig"),
            Thread.c.sig_id.label("stands_in"),
            func.coalesce(opens(Case.c.key_set_id, frozenset({STAFF})), False).label("is_of_staff"),
        )
        .outerjoin(Thread, Thread.c.thread_id == Act.c.thread_id)
        .outerjoin(Post, Post.c.post_id == Act.c.post_id)
        .outerjoin(Sig, Sig.c.sig_id == Act.c.sig_id)
        .outerjoin(_ToSig, _ToSig.c.sig_id == Act.c.to_sig_id)
        .outerjoin(Case, Case.c.case_id == Act.c.case_id)
    )


async def find_log_page(database: Database, viewer: Viewer, slug: str, before: int | None = None) -> LogPage | None:
    """What moderators did in a SIG; None for who does not belong to it."""
    finding = select(Sig.c.sig_id, Sig.c.slug, Sig.c.name).where(
        Sig.c.slug == slug, opens(Sig.c.key_set_id, viewer.ring)
    )
    async with database.reading() as connection:
        sig = await fetch_one(connection, finding)
        if sig is None or viewer.member_id is None:
            return None
        role = await find_role(connection, viewer.member_id, sig.sig_id)
        if refuse_unless(Permission.READ_LOG, role):
            return None
        here = acts(viewer).where(Act.c.sig_id == sig.sig_id).order_by(Act.c.act_id.desc())
        if before is not None:
            here = here.where(Act.c.act_id < before)
        rows = await fetch_all(connection, here.limit(CASES_A_PAGE + 1))
        more, rows = len(rows) > CASES_A_PAGE, rows[:CASES_A_PAGE]
        lines = await act_lines(connection, viewer, rows, decides=refuse_unless(Permission.HIDE, role) is None)
    older = str(rows[-1].act_id) if more else None
    return LogPage(sig_slug=sig.slug, sig_name=sig.name, acts=lines, older=older)


async def list_acts_on_post(connection: AsyncConnection, viewer: Viewer, post: Any) -> tuple[ActLine, ...]:
    """What was done to a post and its thread, for those who decide; with what each of them may undo."""
    about = acts(viewer).where(Act.c.thread_id == post.thread_id).order_by(Act.c.act_id.desc()).limit(OWN_SHOWN)
    rows = [row for row in await fetch_all(connection, about) if row.post_id == post.post_id or row.post_id is None]
    return await act_lines(connection, viewer, rows, decides=True, undoing=True)


async def list_acts_of_case(connection: AsyncConnection, viewer: Viewer, case_id: int) -> tuple[ActLine, ...]:
    """What came of a case."""
    of_case = acts(viewer).where(Act.c.case_id == case_id).order_by(Act.c.act_id.desc()).limit(OWN_SHOWN)
    return await act_lines(connection, viewer, await fetch_all(connection, of_case), decides=True, undoing=True)


async def act_lines(
    connection: AsyncConnection, viewer: Viewer, rows: Sequence[Row[Any]], *, decides: bool, undoing: bool = False
) -> tuple[ActLine, ...]:
    """Lines for these rows; with the reason for those who decide, and for whom it concerns."""
    ids = {row.actor_id for row in rows} | {row.member_id for row in rows} | {row.undone_by_id for row in rows}
    people = await find_people(connection, ids - {None})
    roles = await find_roles(connection, viewer.member_id) if undoing and rows else {}
    return tuple(
        act_line(row, people, viewer, decides=decides, may_undo=undoing and _refuse_to_undo(viewer, roles, row) is None)
        for row in rows
    )


def _refuse_to_undo(viewer: Viewer, roles: dict[int, Role], row: Any) -> Refused | None:
    actor = actor_of(viewer, roles, row)
    return refuse_to_undo(actor, ActKind(row.kind), row.member_id, row.undone_at)


def sig_of_act(row: Any) -> int:
    """The SIG in which an act counts: where its thread stands today, else its own; 0 for none."""
    is_of_thread = row.stands_in is not None and not ACT_RULES[ActKind(row.kind)].is_downwards
    sig_id = row.stands_in if is_of_thread else row.sig_id
    return int(sig_id or 0)


def actor_of(viewer: Viewer, roles: dict[int, Role], row: Any) -> Actor:
    """Who the viewer is where an act counts; of the staff for acts that came out of a case of theirs."""
    is_staff = STAFF in viewer.ring and (row.sig_id is None or row.is_of_staff)
    return Actor(viewer.member_id or 0, roles.get(sig_of_act(row)), is_staff)


def act_line(row: Any, people: dict[int, Person], viewer: Viewer, *, decides: bool, may_undo: bool = False) -> ActLine:
    """One act as this viewer reads it."""
    line = {member_id: line_of_member(person, viewer.ring) for member_id, person in people.items()}
    is_concerned = row.member_id is not None and row.member_id == viewer.member_id
    is_reachable = row.is_open and (row.is_post_open or row.post_id is None)
    return ActLine(
        act_id=row.act_id,
        kind=ActKind(row.kind),
        actor=line.get(row.actor_id),
        person=line.get(row.member_id),
        rule=rule_of(row.rule),
        made_at=row.made_at,
        until=row.until,
        undone_at=row.undone_at,
        undone_by=line.get(row.undone_by_id),
        title=row.title if row.is_open else None,
        path=f"/posts/{row.post_id}" if is_reachable and row.post_id else None,
        to_sig_name=row.to_sig_name if row.may_know_to_sig else None,
        sig_name=row.sig_name,
        reason=row.reason if is_concerned or decides else None,
        may_undo=may_undo,
        may_read=is_concerned or decides,
    )


async def find_own_acts(database: Database, viewer: Viewer) -> OwnActsPage:
    """What moderators did to the viewer, and which cases about them were opened."""
    openings = (
        select(
            CaseOpening.c.member_id.label("opener_id"),
            CaseOpening.c.opened_at,
            Case.c.kind,
            Case.c.member_id,
            Case.c.post_id,
            Case.c.scrap_id,
            Case.c.entry_id,
            Sig.c.name,
        )
        .join(Case, Case.c.case_id == CaseOpening.c.case_id)
        .outerjoin(Sig, Sig.c.sig_id == Case.c.sig_id)
        .where(CaseOpening.c.concerned_id == viewer.member_id)
        .order_by(CaseOpening.c.case_opening_id.desc())
        .limit(OWN_SHOWN)
    )
    mine = acts(viewer).where(Act.c.member_id == viewer.member_id).order_by(Act.c.act_id.desc()).limit(OWN_SHOWN)
    async with database.reading() as connection:
        done = await act_lines(connection, viewer, await fetch_all(connection, mine), decides=False)
        looked = await fetch_all(connection, openings)
        people = await find_people(connection, {row.opener_id for row in looked})
    lines = tuple(
        OpeningLine(
            person=line_of_member(people[row.opener_id], viewer.ring) if row.opener_id in people else None,
            sig_name=row.name,
            subject=About.of(row).subject,
            kind=CaseKind(row.kind),
            opened_at=row.opened_at,
        )
        for row in looked
    )
    return OwnActsPage(acts=done, openings=lines)
