"""Steps that tests of notices share: something happens to somebody, by rows and events, and then it is over.

Each occasion is the least that makes a notice of its kind; `OVER` ends what opened it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.notices import NoticeKind
from domain.sigs import Role
from domain.visibility import MEMBERS, Key, Keys, mod_key, own_key, sig_key
from storage.connections import connect, disconnect
from storage.database import Database, fetch_all
from storage.events import note
from storage.forum.commands import Draft, Written, write_reply
from storage.forum.removal import delete_post
from storage.key_sets import intern_key_set
from storage.sigs import add_membership
from storage.tables import (
    Act,
    Appeal,
    AttemptCount,
    Case,
    ConnectionRequest,
    Invitation,
    Membership,
    Notice,
    OwnershipOffer,
    Scrap,
    Sig,
)
from tests.cast import NOON, World


@dataclass(frozen=True, slots=True)
class Scene:
    """Where it happens."""

    database: Database
    world: World

    def id_of(self, part: str) -> int:
        """The member of this part."""
        return self.world[part].member_id


async def reply(scene: Scene, part: str, body: str = "An answer.", *, to: int | None = None, sig: str = "") -> int:
    """A reply in the public thread, or in the closed one; returns the id of its post. However many there were."""
    async with scene.database.writing() as connection:
        await connection.execute(delete(AttemptCount))
    thread = scene.world.closed_thread if sig == "boardroom" else scene.world.public_thread
    viewer = scene.world[part].viewer
    written = await write_reply(scene.database, viewer, thread.thread_id, Draft(body=body, reply_to_id=to), NOON)
    assert isinstance(written, Written), written
    return written.post_id


async def scrap(scene: Scene, writer: str, owner: str, *keys: Key, body: str = "A scrap.") -> int:
    """A scrap on somebody's page for the readers of these keys, and its event."""
    writer_id, owner_id = scene.id_of(writer), scene.id_of(owner)
    async with scene.database.writing() as connection:
        row = {
            "owner_id": owner_id,
            "member_id": writer_id,
            "kind": "member",
            "body": body,
            "html": f"<p>{body}</p>",
            "is_private": False,
            "state": "shown",
            "key_set_id": await intern_key_set(connection, frozenset({own_key(writer_id), own_key(owner_id), *keys})),
            "written_at": NOON,
        }
        scrap_id: int = (await connection.execute(insert(Scrap).values(row).returning(Scrap.c.scrap_id))).scalar_one()
        await note(connection, "scrap.written", NOON, scrap_id=scrap_id)
    return scrap_id


async def case(connection: AsyncConnection, sig_id: int | None, member_id: int, keys: Keys) -> int:
    """A case about somebody, and its event."""
    row = {"sig_id": sig_id, "kind": "join", "state": "open", "member_id": member_id, "words": "", "made_at": NOON}
    row |= {"key_set_id": await intern_key_set(connection, keys), "version": 1}
    case_id: int = (await connection.execute(insert(Case).values(row).returning(Case.c.case_id))).scalar_one()
    await note(connection, "case.made", NOON, case_id=case_id)
    return case_id


async def act(connection: AsyncConnection, sig_id: int, actor_id: int, member_id: int, kind: str = "warn") -> int:
    """An act of a moderator, and its event."""
    row = {"sig_id": sig_id, "kind": kind, "actor_id": actor_id, "member_id": member_id, "rule": "1", "reason": "So."}
    adding = insert(Act).values({**row, "made_at": NOON}).returning(Act.c.act_id)
    act_id: int = (await connection.execute(adding)).scalar_one()
    await note(connection, "act.done", NOON, act_id=act_id)
    return act_id


async def appeal(connection: AsyncConnection, act_id: int) -> int:
    """An appeal against an act, and its event."""
    row = {"act_id": act_id, "words": "Please look again.", "made_at": NOON, "answer": ""}
    adding = insert(Appeal).values(row).returning(Appeal.c.appeal_id)
    appeal_id: int = (await connection.execute(adding)).scalar_one()
    await note(connection, "appeal.made", NOON, appeal_id=appeal_id)
    return appeal_id


async def _replied(scene: Scene) -> None:
    await reply(scene, "joost")


async def _mentioned(scene: Scene) -> None:
    await reply(scene, "joost", "Ask [him](/people/tariq-page).")


async def _scrapped(scene: Scene) -> None:
    await scrap(scene, "joost", "amara", MEMBERS)


async def _requested(scene: Scene) -> None:
    asking, asked = scene.id_of("joost"), scene.id_of("amara")
    async with scene.database.writing() as connection:
        row = {"from_id": asking, "to_id": asked, "note": "Hello.", "made_at": NOON}
        adding = insert(ConnectionRequest).values(row).returning(ConnectionRequest.c.request_id)
        request_id = (await connection.execute(adding)).scalar_one()
        await note(connection, "request.made", NOON, request_id=request_id, member_id=asking, other_id=asked)


async def _accepted(scene: Scene) -> None:
    accepting, asked = scene.id_of("amara"), scene.id_of("joost")
    async with scene.database.writing() as connection:
        await connect(connection, accepting, asked, NOON)
        await note(connection, "request.accepted", NOON, request_id=1, member_id=accepting, other_id=asked)


async def _invited(scene: Scene) -> None:
    member_id, sig_id = scene.id_of("tariq"), scene.world.sigs["turnaround"]
    row = {"sig_id": sig_id, "member_id": member_id, "from_id": scene.id_of("amara"), "note": "Come in."}
    row |= {"made_at": NOON, "expires_at": NOON.replace(year=2027)}
    async with scene.database.writing() as connection:
        adding = insert(Invitation).values(row).returning(Invitation.c.invitation_id)
        invitation_id = (await connection.execute(adding)).scalar_one()
        ids = {"invitation_id": invitation_id, "sig_id": sig_id, "member_id": member_id}
        await note(connection, "sig.invited", NOON, **ids)


def _of_sig(event: str, part: str) -> Callable[[Scene], Awaitable[None]]:
    async def happen(scene: Scene) -> None:
        async with scene.database.writing() as connection:
            sig_id, member_id = scene.world.sigs["turnaround"], scene.id_of(part)
            if event == "sig.admitted":
                await add_membership(connection, member_id, sig_id, Role.MEMBER, NOON)
            await note(connection, event, NOON, sig_id=sig_id, member_id=member_id)

    return happen


async def _offered(scene: Scene) -> None:
    sig_id, to = scene.world.sigs["turnaround"], scene.id_of("joost")
    async with scene.database.writing() as connection:
        row = {"sig_id": sig_id, "from_id": scene.id_of("amara"), "to_id": to, "made_at": NOON}
        await connection.execute(insert(OwnershipOffer).values(row))
        await note(connection, "sig.offered", NOON, sig_id=sig_id, member_id=to)


async def _queued(scene: Scene) -> None:
    sig_id = scene.world.sigs["turnaround"]
    async with scene.database.writing() as connection:
        case_id = await case(connection, sig_id, scene.id_of("tariq"), frozenset({mod_key(sig_id)}))
        await note(connection, "sig.join_asked", NOON, case_id=case_id, sig_id=sig_id, member_id=scene.id_of("tariq"))


async def _acted(scene: Scene) -> None:
    async with scene.database.writing() as connection:
        await act(connection, scene.world.sigs["turnaround"], scene.id_of("amara"), scene.id_of("joost"))


async def _judged(scene: Scene) -> None:
    async with scene.database.writing() as connection:
        sig_id = scene.world.sigs["turnaround"]
        appeal_id = await appeal(connection, await act(connection, sig_id, scene.id_of("amara"), scene.id_of("lin")))
        decided = {"decided_at": NOON, "decider_id": scene.id_of("joost"), "is_granted": True}
        await connection.execute(update(Appeal).where(Appeal.c.appeal_id == appeal_id).values(decided))
        await note(connection, "appeal.decided", NOON, appeal_id=appeal_id)


HAPPENS: Mapping[NoticeKind, Callable[[Scene], Awaitable[None]]] = {
    NoticeKind.REPLY: _replied,
    NoticeKind.MENTION: _mentioned,
    NoticeKind.SCRAP: _scrapped,
    NoticeKind.REQUEST: _requested,
    NoticeKind.ACCEPTED: _accepted,
    NoticeKind.INVITATION: _invited,
    NoticeKind.ADMITTED: _of_sig("sig.admitted", "tariq"),
    NoticeKind.TURNED_DOWN: _of_sig("sig.turned_down", "tariq"),
    NoticeKind.ROLE: _of_sig("sig.role_changed", "joost"),
    NoticeKind.OFFER: _offered,
    NoticeKind.QUEUE: _queued,
    NoticeKind.ACT: _acted,
    NoticeKind.APPEAL: _judged,
}

TOLD: Mapping[NoticeKind, str] = {
    NoticeKind.REPLY: "amara",
    NoticeKind.MENTION: "tariq",
    NoticeKind.SCRAP: "amara",
    NoticeKind.REQUEST: "amara",
    NoticeKind.ACCEPTED: "joost",
    NoticeKind.INVITATION: "tariq",
    NoticeKind.ADMITTED: "tariq",
    NoticeKind.TURNED_DOWN: "tariq",
    NoticeKind.ROLE: "joost",
    NoticeKind.OFFER: "joost",
    NoticeKind.QUEUE: "amara",
    NoticeKind.ACT: "joost",
    NoticeKind.APPEAL: "lin",
}
"""Whom each of them is about."""


async def _posts_gone(scene: Scene) -> None:
    async with scene.database.reading() as connection:
        rows = await fetch_all(connection, select(Notice.c.post_id, Notice.c.actor_id).where(Notice.c.post_id > 0))
    for post_id, actor_id in dict.fromkeys((row.post_id, row.actor_id) for row in rows):
        author = next(person for person in scene.world.people.values() if person.member_id == actor_id)
        assert isinstance(await delete_post(scene.database, author.viewer, post_id, NOON), Written)


def _write(statement: object) -> Callable[[Scene], Awaitable[None]]:
    async def over(scene: Scene) -> None:
        async with scene.database.writing() as connection:
            await connection.execute(statement)  # type: ignore[call-overload]

    return over


async def _disconnected(scene: Scene) -> None:
    async with scene.database.writing() as connection:
        await disconnect(connection, scene.id_of("amara"), scene.id_of("joost"), NOON)


async def _hidden(scene: Scene) -> None:
    sig_id = scene.world.sigs["turnaround"]
    async with scene.database.writing() as connection:
        keys = await intern_key_set(connection, frozenset({sig_key(sig_id)}))
        await connection.execute(update(Sig).where(Sig.c.sig_id == sig_id).values(key_set_id=keys))


async def _left(scene: Scene) -> None:
    sig_id = scene.world.sigs["turnaround"]
    await _write(delete(Membership).where(Membership.c.sig_id == sig_id))(scene)


OVER: Mapping[NoticeKind, Callable[[Scene], Awaitable[None]]] = {
    NoticeKind.REPLY: _posts_gone,
    NoticeKind.MENTION: _posts_gone,
    NoticeKind.SCRAP: _write(update(Scrap).values(deleted_at=NOON)),
    NoticeKind.REQUEST: _write(update(ConnectionRequest).values(declined_at=NOON)),
    NoticeKind.ACCEPTED: _disconnected,
    NoticeKind.INVITATION: _write(delete(Invitation)),
    NoticeKind.ADMITTED: _left,
    NoticeKind.TURNED_DOWN: _hidden,
    NoticeKind.ROLE: _left,
    NoticeKind.OFFER: _write(delete(OwnershipOffer)),
    NoticeKind.QUEUE: _write(update(Case).values(closed_at=NOON, state="closed")),
}
"""What ends each, as far as anything does: what was decided about somebody stays theirs to read."""
