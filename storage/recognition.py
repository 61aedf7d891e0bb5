"""Who is behind a session, with all that follows from it: their ring, and what the frame around every page shows them.

It is kept in mind as long as nothing that it is made of has changed. When it ends is looked at each time.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from domain.members import MemberLine, line_of_member
from domain.pages import RailSig
from domain.roles import Permission, permits
from domain.visibility import Viewer
from storage.database import Database
from storage.notices.pages import count_unseen
from storage.rings import MySig, find_circles
from storage.secrets import hash_token
from storage.sessions import SignedIn, find_signed_in, note_seen
from storage.versions import Version


@dataclass(frozen=True, slots=True)
class Recognised:
    """A member whom a session names: as a viewer, as they see themselves, and their SIGs."""

    signed_in: SignedIn
    viewer: Viewer
    me: MemberLine
    rail: tuple[RailSig, ...]


async def recognise(database: Database, token: str, version: Version | None, now: datetime) -> Recognised | None:
    """Whom this token names; None when it names nobody, or no more."""
    people = version.people if version else None
    found = await database.memory.recall(_key(token), people, lambda: _recognise(database, token, now))
    return found if found and found.signed_in.is_live(now) else None


def _key(token: str) -> Hashable:
    return "recognised", hash_token(token)


async def _recognise(database: Database, token: str, now: datetime) -> Recognised | None:
    signed_in = await find_signed_in(database, token, now)
    if signed_in is None:
        return None
    async with database.reading() as connection:
        circles = await find_circles(connection, signed_in.member_id)
    viewer = circles.viewer(
        signed_in.member_id, in_good_standing=signed_in.in_good_standing, is_staff=signed_in.is_staff
    )
    me = line_of_member(signed_in.person, viewer.ring)
    return Recognised(signed_in, viewer, me, tuple(map(_rail_sig, circles.sigs_on(viewer.ring))))


def _rail_sig(sig: MySig) -> RailSig:
    return RailSig(slug=sig.slug, name=sig.name, may_queue=permits(Permission.SEE_QUEUE, sig.role))


async def note_use(database: Database, token: str, found: Recognised, now: datetime) -> None:
    """Note that a session is in use. Nothing else changes by that, so no version tells of it."""
    await note_seen(database, found.signed_in, now)
    database.memory.forget(_key(token))


async def find_unseen(database: Database, viewer: Viewer, version: Version | None, now: datetime) -> int:
    """How many notices wait for a member, as the header shows it."""

    async def count() -> int:
        async with database.reading() as connection:
            return await count_unseen(connection, viewer, now)

    return await database.memory.recall(_unseen(viewer), version, count)


def last_unseen(database: Database, viewer: Viewer) -> int:
    """The number that the header showed last, for what comes back to a form: most forms are answered without a page,
    and who sends one has just seen it."""
    return database.memory.last(_unseen(viewer)) or 0


def _unseen(viewer: Viewer) -> Hashable:
    return "unseen", viewer.member_id
