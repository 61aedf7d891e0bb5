"""Roles in a SIG: moderators appointed and dismissed, and the SIG itself offered, accepted or declined.

Only those whom the giver may know to belong can be given anything: an answer must not tell of a hidden membership.
Owners know who moderates by their role (`Permission.SEE_KEEPERS`), and dismiss whoever hides by reference.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.limits import Action
from domain.refusals import Reason, Refused
from domain.roles import Permission, may_offer_to, refuse_unless, role_to_give
from domain.sigs import Role
from domain.visibility import Viewer, block_mark
from storage.database import Database, fetch_one, insert_into
from storage.events import note
from storage.roles import find_role
from storage.secrets import Seal
from storage.sigs.entering import find_visible_sig, hold_sig
from storage.sigs.people import find_keeper, find_known_person
from storage.sigs.succession import has_able_owner, set_role
from storage.tables import OwnershipOffer
from storage.throttle import count_act


async def find_sig_to_keep(
    connection: AsyncConnection, viewer: Viewer, slug: str, permission: Permission
) -> Row[Any] | Refused:
    """The SIG at this address, where the viewer's role in it includes this permission."""
    sig = await find_visible_sig(connection, viewer, slug)
    if sig is None:
        return Refused(Reason.MISSING)
    role = await find_role(connection, viewer.member_id, sig.sig_id)
    return refuse_unless(permission, role) or sig


async def hold_sig_to_keep(
    connection: AsyncConnection, viewer: Viewer, slug: str, permission: Permission
) -> Row[Any] | Refused:
    """The same, with the SIG held: nobody's role in it changes until the transaction ends."""
    sig = await find_visible_sig(connection, viewer, slug)
    if sig is not None:
        await hold_sig(connection, sig.sig_id)
    return await find_sig_to_keep(connection, viewer, slug, permission)


async def give_role(
    database: Database, seal: Seal, viewer: Viewer, slug: str, address: str, role: Role, now: datetime
) -> Refused | None:
    """Appoint a moderator, or dismiss one, also one who hides; to give again what somebody has changes nothing."""
    async with database.writing() as connection:
        sig = await hold_sig_to_keep(connection, viewer, slug, Permission.APPOINT)
        if isinstance(sig, Refused):
            return sig
        person = await find_known_person(connection, viewer, sig.sig_id, address)
        person = person or await find_keeper(connection, seal, viewer, sig.sig_id, address)
        if person is None or person.member_id == viewer.member_id:
            return Refused(Reason.MISSING)
        theirs = Role(person.role)
        if theirs is role:
            return None
        if role_to_give(Role.OWNER, theirs) is not role:
            return Refused(Reason.INVALID)
        if refused := await count_act(connection, Action.GIVE_ROLE, viewer.member_id or 0, now):
            return refused
        await set_role(connection, person.member_id, sig.sig_id, role)
        await note(connection, "sig.role_changed", now, sig_id=sig.sig_id, member_id=person.member_id)
    return None


async def step_down(database: Database, viewer: Viewer, slug: str, now: datetime) -> Refused | None:
    """Lay one's role down: a moderator is a member again, and an owner too once there is another one."""
    async with database.writing() as connection:
        sig = await hold_sig_to_keep(connection, viewer, slug, Permission.INVITE)
        if isinstance(sig, Refused) or viewer.member_id is None:
            return sig if isinstance(sig, Refused) else Refused(Reason.MISSING)
        role = await find_role(connection, viewer.member_id, sig.sig_id)
        if role is Role.OWNER and not await has_able_owner(connection, sig.sig_id, besides=viewer.member_id):
            return Refused(Reason.LAST_ONE)
        await set_role(connection, viewer.member_id, sig.sig_id, Role.MEMBER)
        mine = (OwnershipOffer.c.sig_id == sig.sig_id) & (OwnershipOffer.c.from_id == viewer.member_id)
        await connection.execute(delete(OwnershipOffer).where(mine))
        await note(connection, "sig.role_changed", now, sig_id=sig.sig_id, member_id=viewer.member_id)
    return None


async def offer_sig(database: Database, viewer: Viewer, slug: str, address: str, now: datetime) -> Refused | None:
    """Offer a SIG to one of its people; one offer stands at a time, until it is answered or withdrawn."""
    async with database.writing() as connection:
        sig = await hold_sig_to_keep(connection, viewer, slug, Permission.OFFER)
        if isinstance(sig, Refused):
            return sig
        person = await find_known_person(connection, viewer, sig.sig_id, address)
        if person is None or person.member_id == viewer.member_id:
            return Refused(Reason.MISSING)
        if not may_offer_to(Role.OWNER, Role(person.role)):
            return Refused(Reason.INVALID)
        if refused := await count_act(connection, Action.OFFER, viewer.member_id or 0, now):
            return refused
        row = {"sig_id": sig.sig_id, "from_id": viewer.member_id, "to_id": person.member_id, "made_at": now}
        offering = insert_into(connection, OwnershipOffer).values(row).on_conflict_do_nothing()
        if (await connection.execute(offering)).rowcount:
            await note(connection, "sig.offered", now, sig_id=sig.sig_id, member_id=person.member_id)
    return None


async def withdraw_offer(database: Database, viewer: Viewer, slug: str) -> Refused | None:
    """Take back the offer of a SIG that one owns."""
    async with database.writing() as connection:
        sig = await hold_sig_to_keep(connection, viewer, slug, Permission.OFFER)
        if isinstance(sig, Refused):
            return sig
        await connection.execute(delete(OwnershipOffer).where(OwnershipOffer.c.sig_id == sig.sig_id))
    return None


async def answer_offer(
    database: Database, viewer: Viewer, slug: str, now: datetime, *, accepts: bool
) -> Refused | None:
    """Take a SIG over, or not. Whoever offered it is a moderator from then on."""
    async with database.writing() as connection:
        offer = await _hold_offer(connection, viewer, slug)
        if offer is None or viewer.member_id is None:
            return None if accepts and await _owns(connection, viewer, slug) else Refused(Reason.MISSING)
        await connection.execute(delete(OwnershipOffer).where(OwnershipOffer.c.sig_id == offer.sig_id))
        if not accepts:
            return None
        await set_role(connection, viewer.member_id, offer.sig_id, Role.OWNER)
        await set_role(connection, offer.from_id, offer.sig_id, Role.MODERATOR)
        for member_id in (viewer.member_id, offer.from_id):
            await note(connection, "sig.role_changed", now, sig_id=offer.sig_id, member_id=member_id)
    return None


async def _owns(connection: AsyncConnection, viewer: Viewer, slug: str) -> bool:
    """Whether the viewer owns this SIG already: who accepts an offer twice is its owner once."""
    return not isinstance(await find_sig_to_keep(connection, viewer, slug, Permission.OFFER), Refused)


async def _hold_offer(connection: AsyncConnection, viewer: Viewer, slug: str) -> Any:
    """The offer of this SIG to the viewer, where both are still what they were when it was made."""
    sig = await find_visible_sig(connection, viewer, slug)
    if sig is None:
        return None
    await hold_sig(connection, sig.sig_id)
    statement = select(OwnershipOffer.c.sig_id, OwnershipOffer.c.from_id).where(
        OwnershipOffer.c.sig_id == sig.sig_id, OwnershipOffer.c.to_id == viewer.member_id
    )
    offer = await fetch_one(connection, statement)
    if offer is None or block_mark(offer.from_id) in viewer.ring:
        return None
    roles = [await find_role(connection, one, sig.sig_id) for one in (offer.from_id, viewer.member_id)]
    return offer if roles[0] is Role.OWNER and roles[1] is not None else None
