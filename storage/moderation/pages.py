"""The pages on which something is decided: a case, and a post with its thread and author."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import MemberLine, line_of_member
from domain.moderation import (
    ActForm,
    ActKind,
    CaseKind,
    CasePage,
    CaseState,
    ModeratePage,
    NoteLine,
    ReportLine,
    ReportReason,
    SigChoice,
    rules_of,
)
from domain.roles import Permission, permits
from domain.visibility import STAFF, Viewer, may_see, mod_key
from storage.database import Database, fetch_all
from storage.members.people import find_people
from storage.moderation.acts import Scene, offered_kinds, scene_of_case, scene_of_post
from storage.moderation.cases import Found, find_case, is_opened
from storage.moderation.items import About, Look, find_item, find_line
from storage.moderation.log import list_acts_of_case, list_acts_on_post
from storage.roles import find_roles
from storage.tables import CaseNote, Report, Sig


async def find_case_page(database: Database, viewer: Viewer, case_id: int, now: datetime) -> CasePage | None:
    """A case with what it opens, once it has been opened; None for who may not see it."""
    async with database.reading() as connection:
        found = await find_case(connection, viewer, case_id)
        if found is None:
            return None
        opened = await is_opened(connection, found, now)
        look = await _look(connection, viewer, found) if opened else Look(viewer)
        scene = await scene_of_case(connection, viewer, case_id, now) if opened else None
        has_item = opened and found.kind is not CaseKind.JOIN
        reports, notes, assignee = await _said(connection, viewer, found)
        row, may_queue = found.row, permits(Permission.SEE_QUEUE, found.actor.role)
        return CasePage(
            case_id=case_id,
            sig_slug=row.slug if may_queue else None,
            sig_name=row.name if may_queue else None,
            kind=found.kind,
            state=CaseState(row.state),
            subject=About.of(row).subject,
            person=await find_line(connection, row.member_id, look),
            made_at=row.made_at,
            assignee=assignee,
            is_mine=row.assignee_id == viewer.member_id,
            is_opened=opened,
            item=await find_item(connection, About.of(row), look) if has_item else None,
            said=row.words if opened else "",
            reports=reports if opened else (),
            notes=notes,
            acts=await list_acts_of_case(connection, viewer, case_id),
            form=await _form(connection, viewer, scene, f"/cases/{case_id}/acts") if scene else None,
            version=scene.post.version if scene and scene.post else None,
            may_queue=may_queue,
            may_approve=opened and _may_answer(found, CaseKind.POST, Permission.DECIDE_POST),
            may_admit=opened and _may_answer(found, CaseKind.JOIN, Permission.DECIDE_JOIN),
        )


def _may_answer(found: Found, kind: CaseKind, permission: Permission) -> bool:
    """Whether the viewer may say yes or no to what waits here."""
    waits = found.kind is kind and found.row.state != CaseState.CLOSED
    return waits and permits(permission, found.actor.role, is_staff=found.actor.is_staff)


async def _look(connection: AsyncConnection, viewer: Viewer, found: Found) -> Look:
    """With which eyes an opened case is looked at: moderators have their own, the staff one key more, which opens what
    was reported as it was when the last report came, until the case is closed."""
    if found.row.state == CaseState.CLOSED:
        return Look(viewer)
    if found.row.sig_id is not None and may_see(frozenset({mod_key(found.row.sig_id)}), viewer.ring):
        return Look(viewer)
    if not may_see(frozenset({STAFF}) & found.keys, viewer.ring):
        return Look(viewer)
    newest = select(Report.c.made_at).where(Report.c.case_id == found.row.case_id).order_by(Report.c.report_id.desc())
    return Look(viewer, found.row.case_id, await connection.scalar(newest.limit(1)))


async def _said(
    connection: AsyncConnection, viewer: Viewer, found: Found
) -> tuple[tuple[ReportLine, ...], tuple[NoteLine, ...], MemberLine | None]:
    reports = await fetch_all(
        connection, select(Report.table).where(Report.c.case_id == found.row.case_id).order_by(Report.c.report_id)
    )
    notes = await fetch_all(
        connection, select(CaseNote.table).where(CaseNote.c.case_id == found.row.case_id).order_by(CaseNote.c.made_at)
    )
    ids = {row.member_id for row in (*reports, *notes)} | {found.row.assignee_id}
    people = await find_people(connection, ids - {None})
    lines = {member_id: line_of_member(person, viewer.ring) for member_id, person in people.items()}
    return (
        tuple(
            ReportLine(
                reason=ReportReason(row.reason), words=row.words, person=lines.get(row.member_id), made_at=row.made_at
            )
            for row in reports
        ),
        tuple(
            NoteLine(person=lines[row.member_id], words=row.words, made_at=row.made_at)
            for row in notes
            if row.member_id in lines
        ),
        lines.get(found.row.assignee_id),
    )


async def find_moderate_page(database: Database, viewer: Viewer, post_id: int) -> ModeratePage | None:
    """A post with what its moderators can do about it; None for everybody else."""
    async with database.reading() as connection:
        scene = await scene_of_post(connection, viewer, post_id)
        if scene is None:
            return None
        item = await find_item(connection, About(member_id=scene.concerned_id, post_id=post_id), Look(viewer))
        acts = await list_acts_on_post(connection, viewer, scene.post)
        form = await _form(connection, viewer, scene, f"/posts/{post_id}/moderate")
    return ModeratePage(
        post_id=post_id,
        sig_slug=scene.post.slug,
        sig_name=scene.post.name,
        item=item,
        acts=acts,
        form=form,
    )


async def _form(connection: AsyncConnection, viewer: Viewer, scene: Scene, path: str) -> ActForm:
    kinds = await offered_kinds(connection, scene)
    sigs: tuple[SigChoice, ...] = ()
    if ActKind.MOVE in kinds:
        sigs = await _other_sigs(connection, viewer, scene)
        kinds = kinds if sigs else tuple(kind for kind in kinds if kind is not ActKind.MOVE)
    return ActForm(path=path, kinds=kinds, rules=rules_of(scene.rules), sigs=sigs)


async def _other_sigs(connection: AsyncConnection, viewer: Viewer, scene: Scene) -> tuple[SigChoice, ...]:
    """The other SIGs that the viewer moderates."""
    roles = await find_roles(connection, viewer.member_id)
    ids = [sig_id for sig_id, role in roles.items() if permits(Permission.MOVE, role) and sig_id != scene.sig_id]
    statement = select(Sig.c.slug, Sig.c.name).where(Sig.c.sig_id.in_(ids)).order_by(Sig.c.name)
    return tuple(SigChoice(slug=row.slug, name=row.name) for row in await fetch_all(connection, statement))
