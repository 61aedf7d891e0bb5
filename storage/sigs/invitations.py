"""Invitations into a SIG: made by its moderators, answered by whom they ask, over after a while.

Whether somebody is in already, where they hide it, or has shut this channel, is not to be read off an invitation.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.channels import Channel
from domain.joining import (
    INVITATION_STANDS_FOR,
    InvitationLine,
    InvitationsPage,
    InvitePage,
    JoinPage,
    OfferLine,
    SentInvitation,
    problems_with_invitation,
    refuse_invited,
)
from domain.limits import Action
from domain.members import line_of_member
from domain.refusals import Problem, Reason, Refused
from domain.roles import Permission, permits
from domain.sigs import Role
from domain.visibility import Viewer, block_mark
from storage.channels import refuse_to_reach
from storage.database import Database, fetch_all, insert_into
from storage.events import note
from storage.key_sets import opens
from storage.members.editing import NOTHING_CONFIRMED, Confirmed
from storage.members.keys import hold_owner
from storage.members.people import find_other, find_people
from storage.members.widening import is_agreed, list_widened
from storage.sigs.entering import forget_wishes, hold_sig, is_banned
from storage.sigs.memberships import enter
from storage.sigs.offers import find_sig_to_keep, hold_sig_to_keep
from storage.sigs.people import find_known_person
from storage.tables import Invitation, Member, Membership, OwnershipOffer, Sig
from storage.throttle import count_act


async def find_invite_page(
    database: Database,
    viewer: Viewer,
    slug: str,
    now: datetime,
    address: str = "",
    words: str = "",
    refused: Refused | None = None,
) -> InvitePage | Refused:
    """The invitations of a SIG that stand, and the form for another one, for those who may invite."""
    async with database.reading() as connection:
        sig = await find_sig_to_keep(connection, viewer, slug, Permission.INVITE)
        if isinstance(sig, Refused):
            return sig
        statement = select(Invitation.c.invitation_id, Invitation.c.member_id, Invitation.c.expires_at).where(
            Invitation.c.sig_id == sig.sig_id, _stands(now)
        )
        rows = await fetch_all(connection, statement.order_by(Invitation.c.invitation_id.desc()).limit(_SHOWN))
        people = await find_people(connection, [row.member_id for row in rows])
    problems = (refused.problems if refused else None) or {}
    return InvitePage(
        slug=sig.slug,
        name=sig.name,
        sent=tuple(
            SentInvitation(
                invitation_id=row.invitation_id,
                person=line_of_member(people[row.member_id], viewer.ring),
                expires_at=row.expires_at,
            )
            for row in rows
        ),
        address=address,
        note=words,
        address_problem=problems.get("person"),
        note_problem=problems.get("note"),
        refused=refused.reason if refused and not problems else None,
    )


_SHOWN = 100


def _stands(now: datetime) -> ColumnElement[bool]:
    """SQL: an invitation is not over, and whoever made it may still invite."""
    inviter = (
        select(Membership.c.member_id)
        .join(Member, Member.c.member_id == Membership.c.member_id)
        .where(Membership.c.sig_id == Invitation.c.sig_id, Membership.c.member_id == Invitation.c.from_id)
        .where(Membership.c.role.in_(_INVITING), Member.c.in_good_standing)
        .correlate(Invitation.table)
    )
    return (Invitation.c.expires_at > now) & inviter.exists()


_INVITING = tuple(role for role in Role if permits(Permission.INVITE, role))


async def invite(
    database: Database, viewer: Viewer, slug: str, address: str, words: str, now: datetime
) -> Refused | None:
    """Ask somebody into a SIG, by the address of their page; to ask again while it stands changes nothing."""
    words = words.strip()
    async with database.writing() as connection:
        sig = await hold_sig_to_keep(connection, viewer, slug, Permission.INVITE)
        if isinstance(sig, Refused) or viewer.member_id is None:
            return sig if isinstance(sig, Refused) else Refused(Reason.MISSING)
        if problems := problems_with_invitation(words):
            return Refused(Reason.INVALID, problems)
        other = await find_other(connection, viewer, address.strip().rstrip("/").rpartition("/")[2])
        if other is None:
            return Refused(Reason.INVALID, {"person": Problem.WRONG})
        if await find_known_person(connection, viewer, sig.sig_id, other[1].address or ""):
            return Refused(Reason.INVALID, {"person": Problem.TAKEN})
        if await is_banned(connection, other[0], sig.sig_id, now):
            return Refused(Reason.BANNED)
        if refused := await refuse_to_reach(connection, viewer, other[0], Channel.INVITATION):
            return refused
        if refused := await count_act(connection, Action.INVITE, viewer.member_id, now):
            return refused
        await _write(connection, viewer.member_id, sig.sig_id, other[0], words, now)
    return None


async def _write(
    connection: AsyncConnection, from_id: int, sig_id: int, member_id: int, words: str, now: datetime
) -> None:
    values = {"from_id": from_id, "note": words, "made_at": now, "expires_at": now + INVITATION_STANDS_FOR}
    making = insert_into(connection, Invitation).values(sig_id=sig_id, member_id=member_id, **values)
    made = making.on_conflict_do_update(
        index_elements=["sig_id", "member_id"], set_=values, where=~_stands(now)
    ).returning(Invitation.c.invitation_id)
    if row := (await connection.execute(made)).first():
        ids = {"invitation_id": row.invitation_id, "sig_id": sig_id, "member_id": member_id}
        await note(connection, "sig.invited", now, **ids)


async def withdraw_invitation(database: Database, viewer: Viewer, slug: str, invitation_id: int) -> Refused | None:
    """Take an invitation back."""
    async with database.writing() as connection:
        sig = await hold_sig_to_keep(connection, viewer, slug, Permission.INVITE)
        if isinstance(sig, Refused):
            return sig
        this = (Invitation.c.invitation_id == invitation_id) & (Invitation.c.sig_id == sig.sig_id)
        await connection.execute(delete(Invitation).where(this))
    return None


async def find_invitations_page(database: Database, viewer: Viewer, now: datetime) -> InvitationsPage:
    """What somebody is asked: to join, and to take over. Nothing from those with whom there is a block."""
    async with database.reading() as connection:
        invitations = await _open_to(connection, viewer, _invitations(viewer, now))
        offers = await _open_to(connection, viewer, _offers(viewer))
        people = await find_people(connection, [row.from_id for row in (*invitations, *offers)])
    lines = {member_id: line_of_member(person, viewer.ring) for member_id, person in people.items()}
    return InvitationsPage(
        invitations=tuple(
            InvitationLine(
                invitation_id=row.invitation_id,
                sig_name=row.name,
                description=row.description,
                note=row.note,
                inviter=lines[row.from_id],
                made_at=row.made_at,
                expires_at=row.expires_at,
            )
            for row in invitations
        ),
        offers=tuple(
            OfferLine(slug=row.slug, sig_name=row.name, owner=lines[row.from_id], made_at=row.made_at) for row in offers
        ),
    )


def _invitations(viewer: Viewer, now: datetime) -> Any:
    """SQL: the invitations that stand. They open name and description of the SIG, whatever its circles say."""
    return (
        select(
            Invitation.c.invitation_id,
            Invitation.c.sig_id,
            Invitation.c.from_id,
            Invitation.c.note,
            Invitation.c.made_at,
            Invitation.c.expires_at,
            Sig.c.name,
            Sig.c.description,
            Sig.c.slug,
        )
        .join(Sig, Sig.c.sig_id == Invitation.c.sig_id)
        .where(Invitation.c.member_id == viewer.member_id, _stands(now))
        .order_by(Invitation.c.invitation_id.desc())
    )


def _offers(viewer: Viewer) -> Any:
    return (
        select(OwnershipOffer.c.from_id, OwnershipOffer.c.made_at, Sig.c.slug, Sig.c.name)
        .join(Sig, Sig.c.sig_id == OwnershipOffer.c.sig_id)
        .where(OwnershipOffer.c.to_id == viewer.member_id, opens(Sig.c.key_set_id, viewer.ring))
        .order_by(OwnershipOffer.c.made_at.desc(), Sig.c.sig_id)
    )


async def _open_to(connection: AsyncConnection, viewer: Viewer, statement: Any) -> Sequence[Row[Any]]:
    """The rows whose sender can reach the viewer: a block closes what was sent before it, too."""
    return [row for row in await fetch_all(connection, statement) if block_mark(row.from_id) not in viewer.ring]


async def answer_invitation(
    database: Database,
    viewer: Viewer,
    invitation_id: int,
    now: datetime,
    *,
    accepts: bool,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> str | JoinPage | Refused:
    """Accept an invitation, or decline it; the slug of the SIG. What of one's page would open is asked first."""
    async with database.writing() as connection:
        invitation = await _hold_invitation(connection, viewer, invitation_id, now)
        if invitation is None or viewer.member_id is None:
            taken = await _find_accepted(connection, viewer, invitation_id) if accepts else None
            return taken or Refused(Reason.MISSING)
        if accepts:
            banned = await is_banned(connection, viewer.member_id, invitation.sig_id, now)
            if refused := refuse_invited(viewer, is_banned=banned):
                return refused
            widening = await list_widened(connection, viewer.member_id, invitation.sig_id)
            if not is_agreed(widening, confirmed):
                return JoinPage(name=invitation.name, action=f"/invitations/{invitation_id}", widening=widening)
            await enter(connection, viewer.member_id, invitation.sig_id, now)
            await forget_wishes(connection, viewer.member_id, invitation.sig_id, now)
        else:
            await connection.execute(delete(Invitation).where(Invitation.c.invitation_id == invitation_id))
        slug: str = invitation.slug
        return slug


async def _hold_invitation(
    connection: AsyncConnection, viewer: Viewer, invitation_id: int, now: datetime
) -> Row[Any] | None:
    """The invitation as it is once the viewer and the SIG are held: nobody takes it back, or loses their role, then."""
    statement = _invitations(viewer, now).where(Invitation.c.invitation_id == invitation_id)
    found = await _open_to(connection, viewer, statement)
    if not found or viewer.member_id is None:
        return None
    await hold_owner(connection, viewer.member_id)
    await hold_sig(connection, found[0].sig_id)
    return next(iter(await _open_to(connection, viewer, statement)), None)


async def _find_accepted(connection: AsyncConnection, viewer: Viewer, invitation_id: int) -> str | None:
    """The slug of the SIG that an invitation has led the viewer into: a second click leads there too."""
    statement = (
        select(Sig.c.slug)
        .join(Invitation, Invitation.c.sig_id == Sig.c.sig_id)
        .join(Membership, Membership.c.sig_id == Sig.c.sig_id)
        .where(Invitation.c.invitation_id == invitation_id, Invitation.c.member_id == viewer.member_id)
        .where(Membership.c.member_id == viewer.member_id)
    )
    slug: str | None = await connection.scalar(statement)
    return slug


async def forget_old_invitations(connection: AsyncConnection, now: datetime) -> None:
    """Delete invitations whose time is over."""
    await connection.execute(delete(Invitation).where(Invitation.c.expires_at <= now))
