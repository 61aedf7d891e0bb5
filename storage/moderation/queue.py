"""Queues: the cases that a viewer's keys open, without those about themselves, and the appeals that wait for them.

A queue is one list of cases by key set; filters, counts and order are over what the viewer may see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import Person, line_of_member
from domain.moderation import (
    CASES_A_PAGE,
    ActKind,
    AppealLine,
    CaseKind,
    CaseLine,
    CaseState,
    QueuePage,
)
from domain.roles import Permission, refuse_unless
from domain.visibility import STAFF, Ring, Viewer, may_see, mod_key
from storage.database import Database, fetch_all, fetch_one
from storage.key_sets import opens
from storage.members.people import find_people
from storage.moderation.items import About
from storage.moderation.places import is_judge, is_left_to_staff, sig_of_act
from storage.roles import find_role
from storage.tables import Act, Appeal, Case, Post, Report, Sig, Thread

_STAFF_RING: Ring = frozenset({STAFF})


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a queue is asked for: a kind, a state (None: what is not closed), and the page before a case."""

    kind: CaseKind | None = None
    state: CaseState | None = None
    before: int | None = None


def visible_cases(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: cases whose key the viewer holds, and that are not about them."""
    is_own = func.coalesce(Case.c.member_id, 0) == (viewer.member_id or 0)
    return opens(Case.c.key_set_id, viewer.ring) & ~is_own


async def find_sig_queue(database: Database, viewer: Viewer, slug: str, wanted: Filter) -> QueuePage | None:
    """The queue of a SIG, for those whose role there includes it; None for everybody else."""
    finding = select(Sig.c.sig_id, Sig.c.slug, Sig.c.name).where(
        Sig.c.slug == slug, opens(Sig.c.key_set_id, viewer.ring)
    )
    async with database.reading() as connection:
        sig = await fetch_one(connection, finding)
        if sig is None or not may_see(frozenset({mod_key(sig.sig_id)}), viewer.ring):
            return None
        role = await find_role(connection, viewer.member_id, sig.sig_id)
        if refuse_unless(Permission.SEE_QUEUE, role):
            return None
        here = visible_cases(viewer) & (Case.c.sig_id == sig.sig_id)
        appeals = await _appeals(connection, viewer, (sig_of_act() == sig.sig_id) & is_judge(viewer.member_id))
        return await _queue(connection, viewer, here, wanted, appeals, (sig.slug, sig.name))


async def find_staff_queue(database: Database, viewer: Viewer, wanted: Filter) -> QueuePage | None:
    """What waits for the staff; None for who is not of it."""
    if viewer.member_id is None or not may_see(_STAFF_RING, viewer.ring):
        return None
    here = visible_cases(viewer) & opens(Case.c.key_set_id, _STAFF_RING)
    async with database.reading() as connection:
        appeals = await _appeals(connection, viewer, is_left_to_staff(viewer.member_id))
        return await _queue(connection, viewer, here, wanted, appeals, None)


async def _appeals(connection: AsyncConnection, viewer: Viewer, of: ColumnElement[bool]) -> tuple[AppealLine, ...]:
    """Appeals that wait for the viewer; who may decide is asked in the statement, so that no page is cut short."""
    statement = (
        select(Act.c.act_id, Act.c.kind, Act.c.member_id, Appeal.c.made_at)
        .join(Appeal, Appeal.c.act_id == Act.c.act_id)
        .where(Appeal.c.decided_at.is_(None), of)
        .order_by(Appeal.c.appeal_id)
        .limit(CASES_A_PAGE)
    )
    rows = await fetch_all(connection, statement)
    people = await find_people(connection, {row.member_id for row in rows} - {None})
    return tuple(
        AppealLine(
            act_id=row.act_id,
            kind=ActKind(row.kind),
            person=line_of_member(people[row.member_id], viewer.ring) if row.member_id in people else None,
            made_at=row.made_at,
        )
        for row in rows
    )


async def _queue(
    connection: AsyncConnection,
    viewer: Viewer,
    here: ColumnElement[bool],
    wanted: Filter,
    appeals: tuple[AppealLine, ...],
    sig: tuple[str, str] | None,
) -> QueuePage:
    rows = await fetch_all(connection, _page(viewer, here, wanted))
    more, rows = len(rows) > CASES_A_PAGE, rows[:CASES_A_PAGE]
    counting = select(func.count()).select_from(Case).where(here, Case.c.state != CaseState.CLOSED)
    open_count = int((await connection.execute(counting)).scalar_one())
    people = await find_people(
        connection, ({row.member_id for row in rows} | {row.assignee_id for row in rows}) - {None}
    )
    slug, name = sig or (None, None)
    return QueuePage(
        sig_slug=slug,
        sig_name=name,
        path=f"/sigs/{slug}/queue" if slug else "/queue",
        cases=_lines(rows, people, viewer),
        appeals=appeals,
        open_count=open_count,
        kind=wanted.kind,
        state=wanted.state,
        older=str(rows[-1].case_id) if more else None,
    )


def _page(viewer: Viewer, here: ColumnElement[bool], wanted: Filter) -> Select[Any]:
    reports = select(func.count()).where(Report.c.case_id == Case.c.case_id).scalar_subquery()
    statement = (
        select(
            Case.c.case_id,
            Case.c.kind,
            Case.c.state,
            Case.c.member_id,
            Case.c.post_id,
            Case.c.scrap_id,
            Case.c.entry_id,
            Case.c.assignee_id,
            Case.c.made_at,
            Thread.c.title,
            func.coalesce(opens(Thread.c.key_set_id, viewer.ring), False).label("is_open"),
            reports.label("reports"),
        )
        .outerjoin(Post, Post.c.post_id == Case.c.post_id)
        .outerjoin(Thread, Thread.c.thread_id == Post.c.thread_id)
        .where(here)
        .order_by(Case.c.case_id.desc())
        .limit(CASES_A_PAGE + 1)
    )
    if wanted.kind is not None:
        statement = statement.where(Case.c.kind == wanted.kind)
    state = Case.c.state == wanted.state if wanted.state else Case.c.state != CaseState.CLOSED
    statement = statement.where(state)
    return statement if wanted.before is None else statement.where(Case.c.case_id < wanted.before)


def _lines(rows: Sequence[Row[Any]], people: dict[int, Person], viewer: Viewer) -> tuple[CaseLine, ...]:
    lines = {member_id: line_of_member(person, viewer.ring) for member_id, person in people.items()}
    return tuple(
        CaseLine(
            case_id=row.case_id,
            kind=CaseKind(row.kind),
            state=CaseState(row.state),
            subject=About.of(row).subject,
            person=lines.get(row.member_id),
            assignee=lines.get(row.assignee_id),
            made_at=row.made_at,
            reports=row.reports,
            title=row.title if row.is_open else None,
        )
        for row in rows
    )
