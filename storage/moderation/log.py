"""Acts as they are read: in the log of a SIG, on the page of each, and among what was done to oneself.

A line names who acted and whom it concerns by their bylines: in the log only to those who may know that they belong
to the SIG. What it was done to, and where, is named only to those who may see that today; the reason is for the person
concerned and those who decide.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import MemberLine, Person, line_of_member
from domain.moderation import (
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
from domain.roles import Permission, permits, refuse_unless
from domain.sigs import Role
from domain.visibility import STAFF, Viewer
from storage.database import Database, fetch_all, fetch_one
from storage.key_sets import opens
from storage.members.memberships import membership_opens
from storage.members.people import find_people
from storage.moderation.items import About
from storage.moderation.places import sig_of_act
from storage.roles import find_role, find_roles
from storage.tables import Act, Case, CaseOpening, Membership, Post, Sig, Thread

OWN_SHOWN = 50
_ToSig = Sig.table.alias()


def acts(viewer: Viewer) -> Select[Any]:
    """SQL: acts with what their lines need; `is_open` says whether the viewer may go to what it was done to, `knows_`
    whether they may know of a SIG, or that somebody belongs to it."""
    is_open = opens(Thread.c.key_set_id, viewer.ring)
    theirs = select(Membership.c.role).where(
        Membership.c.sig_id == Act.c.sig_id, Membership.c.member_id == Act.c.member_id
    )

    def knows(member_id: Any) -> ColumnElement[bool]:
        return func.coalesce(membership_opens(member_id, Act.c.sig_id, viewer.ring), False)

    return (
        select(
            *Act.table.c,
            Thread.c.title,
            func.coalesce(is_open, False).label("is_open"),
            func.coalesce(opens(Post.c.key_set_id, viewer.ring), False).label("is_post_open"),
            Sig.c.slug,
            Sig.c.name.label("sig_name"),
            func.coalesce(opens(Sig.c.key_set_id, viewer.ring), False).label("knows_sig"),
            _ToSig.c.name.label("to_sig_name"),
            func.coalesce(opens(_ToSig.c.key_set_id, viewer.ring), False).label("knows_to_sig"),
            knows(Act.c.actor_id).label("knows_actor"),
            knows(Act.c.member_id).label("knows_person"),
            knows(Act.c.undone_by_id).label("knows_undoer"),
            sig_of_act().label("counts_in"),
            theirs.scalar_subquery().label("concerned_role"),
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
        lines = await _act_lines(connection, viewer, rows)
    older = str(rows[-1].act_id) if more else None
    return LogPage(sig_slug=sig.slug, sig_name=sig.name, acts=lines, older=older)


async def list_acts_on_post(connection: AsyncConnection, viewer: Viewer, post: Any) -> tuple[ActLine, ...]:
    """What was done to a post and its thread, for those who decide; with what each of them may undo."""
    about = acts(viewer).where(Act.c.thread_id == post.thread_id).order_by(Act.c.act_id.desc()).limit(OWN_SHOWN)
    rows = [row for row in await fetch_all(connection, about) if row.post_id == post.post_id or row.post_id is None]
    return await _act_lines(connection, viewer, rows, is_work=True)


async def list_acts_of_case(connection: AsyncConnection, viewer: Viewer, case_id: int) -> tuple[ActLine, ...]:
    """What came of a case."""
    of_case = acts(viewer).where(Act.c.case_id == case_id).order_by(Act.c.act_id.desc()).limit(OWN_SHOWN)
    return await _act_lines(connection, viewer, await fetch_all(connection, of_case), is_work=True)


async def _act_lines(
    connection: AsyncConnection, viewer: Viewer, rows: Sequence[Row[Any]], *, is_work: bool = False
) -> tuple[ActLine, ...]:
    """Lines for these rows, with the reason where it is for the viewer. Where they work, only of what is theirs to
    decide, with what they may undo: what another SIG did about people stays there when a thread moves."""
    roles = await find_roles(connection, viewer.member_id) if rows else {}
    seen = [(row, actor_of(viewer, roles, row)) for row in rows]
    shown = [(row, actor, decides_about(row, actor)) for row, actor in seen if not is_work or decides_about(row, actor)]
    ids = {number for row, *_ in shown for number in (row.actor_id, row.member_id, row.undone_by_id)}
    people = await find_people(connection, ids - {None})
    return tuple(
        act_line(row, people, viewer, decides=decides, may_undo=is_work and may_undo(row, actor))
        for row, actor, decides in shown
    )


def decides_about(row: Any, actor: Actor) -> bool:
    """Whether an act is for this person to decide about, and so its reason to read: they may do what was done there."""
    return refuse_to_undo(actor, ActKind(row.kind), None, None, None) is None


def may_undo(row: Any, actor: Actor) -> bool:
    """Whether this person may take an act back."""
    return refuse_to_take_back(row, actor) is None


def refuse_to_take_back(row: Any, actor: Actor) -> Refused | None:
    """Why this person may not take an act back; what was done to a person is undone by who could do it to them."""
    concerned = Role(row.concerned_role) if row.concerned_role else None
    return refuse_to_undo(actor, ActKind(row.kind), row.member_id, concerned, row.undone_at)


def actor_of(viewer: Viewer, roles: dict[int, Role], row: Any) -> Actor:
    """Who the viewer is where an act counts; of the staff for acts that came out of a case of theirs. A move counts in
    both SIGs: it is for who moderates both, as it was to make it."""
    role = roles.get(row.counts_in)
    if row.kind == ActKind.MOVE and not permits(Permission.MOVE, roles.get(row.sig_id)):
        role = None
    return Actor(viewer.member_id or 0, role, STAFF in viewer.ring and (row.sig_id is None or row.is_of_staff))


def act_line(row: Any, people: dict[int, Person], viewer: Viewer, *, decides: bool, may_undo: bool = False) -> ActLine:
    """One act as this viewer reads it."""
    may_read = decides or (row.member_id is not None and row.member_id == viewer.member_id)
    is_reachable = row.is_open and (row.is_post_open or row.post_id is None)

    def line(member_id: int | None, is_known: bool) -> MemberLine | None:
        person = people.get(member_id or 0) if may_read or is_known else None
        return line_of_member(person, viewer.ring) if person else None

    return ActLine(
        act_id=row.act_id,
        kind=ActKind(row.kind),
        actor=line(row.actor_id, row.knows_actor),
        person=line(row.member_id, row.knows_person or (is_reachable and row.post_id is not None)),
        rule=rule_of(row.rule),
        made_at=row.made_at,
        until=row.until,
        undone_at=row.undone_at,
        undone_by=line(row.undone_by_id, row.knows_undoer),
        title=row.title if row.is_open else None,
        path=f"/posts/{row.post_id}" if is_reachable and row.post_id else None,
        to_sig_name=row.to_sig_name if row.knows_to_sig else None,
        sig_name=row.sig_name if row.knows_sig else None,
        is_of_house=row.sig_id is None,
        reason=row.reason if may_read else None,
        may_undo=may_undo,
        may_read=may_read,
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
            Case.c.sig_id,
            Sig.c.name,
            func.coalesce(opens(Sig.c.key_set_id, viewer.ring), False).label("knows_sig"),
        )
        .join(Case, Case.c.case_id == CaseOpening.c.case_id)
        .outerjoin(Sig, Sig.c.sig_id == Case.c.sig_id)
        .where(CaseOpening.c.concerned_id == viewer.member_id)
        .order_by(CaseOpening.c.case_opening_id.desc())
        .limit(OWN_SHOWN)
    )
    mine = acts(viewer).where(Act.c.member_id == viewer.member_id).order_by(Act.c.act_id.desc()).limit(OWN_SHOWN)
    async with database.reading() as connection:
        done = await _act_lines(connection, viewer, await fetch_all(connection, mine))
        looked = await fetch_all(connection, openings)
        people = await find_people(connection, {row.opener_id for row in looked})
    lines = tuple(
        OpeningLine(
            person=line_of_member(people[row.opener_id], viewer.ring) if row.opener_id in people else None,
            sig_name=row.name if row.knows_sig else None,
            is_of_house=row.sig_id is None,
            subject=About.of(row).subject,
            kind=CaseKind(row.kind),
            opened_at=row.opened_at,
        )
        for row in looked
    )
    return OwnActsPage(acts=done, openings=lines)
