"""What must not stand open: invitations of who has no say any more, doors that shut while somebody goes through, a case
that only its own subject could decide, and a SIG whose owners are away. On both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.moderation import CaseKind, CaseState
from domain.refusals import Reason, Refused
from domain.sigs import Circle, Joining, Role, SigSettings
from domain.visibility import STAFF, mod_key, sig_key
from storage.blocks import block, unblock
from storage.connections import ask, decline, find_connections_page
from storage.database import Database, fetch_all
from storage.events import list_waiting
from storage.forum.commands import Draft, Written, start_thread
from storage.key_sets import parse_keys
from storage.members.standing import suspend
from storage.moderation.cases import approve_case, open_case
from storage.moderation.filing import file_case
from storage.moderation.pages import find_case_page
from storage.moderation.queue import Filter, find_staff_queue
from storage.sigs import add_membership, end_membership, join_sig, leave_sig
from storage.sigs.entering import hold_sig
from storage.sigs.invitations import answer_invitation, find_invitations_page, invite
from storage.sigs.offers import answer_offer, give_role, offer_sig, step_down
from storage.sigs.settings import TypedSettings, save_settings
from storage.sigs.succession import OWNER_AWAY_AFTER, relieve_absent_owners
from storage.tables import Act, Ban, Case, KeySet, Member, Membership, Sig
from tests.agreeing import accept_agreed
from tests.cast import NOON, World
from tests.conftest import SEAL
from tests.storage.test_sigs import found_sig, viewer_of

_HIDDEN = SigSettings(Circle.SIG, Circle.SIG, Circle.SIG, Circle.SIG, joining=Joining.INVITATION)
_KNOWN = SigSettings(Circle.SIG, Circle.MEMBERS, Circle.MEMBERS, Circle.SIG, joining=Joining.INVITATION)


async def _invited_by(database: Database, world: World, part: str, settings: SigSettings = _HIDDEN) -> int:
    """The Cabinet, into which this moderator invites Tariq. Returns its id."""
    sig = await found_sig(database, world, settings)
    if part != "amara":
        async with database.writing() as connection:
            await add_membership(connection, world[part].member_id, sig, Role.MODERATOR, NOON)
    inviter = await viewer_of(database, world, part)
    assert await invite(database, inviter, "cabinet", "tariq-page", "", NOON) is None
    return sig


async def _waiting(database: Database, world: World) -> list[int]:
    page = await find_invitations_page(database, await viewer_of(database, world, "tariq"), NOON)
    return [line.invitation_id for line in page.invitations]


async def _leave(database: Database, world: World, sig: int) -> None:
    async with database.writing() as connection:
        await end_membership(connection, world["lin"].member_id, sig, NOON)


async def _suspend(database: Database, world: World, sig: int) -> None:
    async with database.writing() as connection:
        await suspend(connection, world["lin"].member_id, NOON)


async def _dismiss(database: Database, world: World, sig: int) -> None:
    amara = await viewer_of(database, world, "amara")
    assert await give_role(database, SEAL, amara, "cabinet", "lin-page", Role.MEMBER, NOON) is None


async def _step_down(database: Database, world: World, sig: int) -> None:
    assert await step_down(database, await viewer_of(database, world, "lin"), "cabinet", NOON) is None


async def _lose_the_role_unseen(database: Database, world: World, sig: int) -> None:
    """As by a way that nobody has thought of: the rule is asked when the invitation is read."""
    async with database.writing() as connection:
        of_lin = (Membership.c.sig_id == sig) & (Membership.c.member_id == world["lin"].member_id)
        await connection.execute(update(Membership).where(of_lin).values(role=Role.MEMBER))


_Way = Callable[[Database, World, int], Awaitable[None]]


@pytest.mark.parametrize("way", [_leave, _suspend, _dismiss, _step_down, _lose_the_role_unseen])
async def test_an_invitation_ends_with_the_role_of_who_made_it(database: Database, world: World, way: _Way) -> None:
    sig = await _invited_by(database, world, "lin")
    [standing] = await _waiting(database, world)
    await way(database, world, sig)
    assert await _waiting(database, world) == []
    tariq = await viewer_of(database, world, "tariq")
    assert await answer_invitation(database, tariq, standing, NOON, accepts=True) == Refused(Reason.MISSING)
    amara = await viewer_of(database, world, "amara")
    assert await invite(database, amara, "cabinet", "tariq-page", "", NOON) is None
    [again] = await _waiting(database, world)
    assert await accept_agreed(database, tariq, again, NOON) == "cabinet"


def _typed(settings: SigSettings, name: str) -> TypedSettings:
    circles = {one: circle.value for one, circle in settings.circles.items()}
    return TypedSettings(name, "", circles, settings.joining, "", "", holds_first_posts=False)


@pytest.mark.parametrize(("settings", "stands"), [(_HIDDEN, False), (_KNOWN, True)], ids=["closing", "renaming"])
async def test_an_invitation_ends_when_the_sig_closes(
    database: Database, world: World, settings: SigSettings, stands: bool
) -> None:
    await _invited_by(database, world, "amara", _KNOWN)
    amara = await viewer_of(database, world, "amara")
    assert await save_settings(database, amara, "cabinet", _typed(settings, "Project"), {}, NOON) is None
    assert bool(await _waiting(database, world)) is stands


async def test_accepting_twice_is_accepting_once(database: Database, world: World) -> None:
    await _invited_by(database, world, "amara")
    [number] = await _waiting(database, world)
    tariq, lin = await viewer_of(database, world, "tariq"), await viewer_of(database, world, "lin")
    for _click in range(2):
        assert await accept_agreed(database, tariq, number, NOON) == "cabinet"
        assert await _waiting(database, world) == []
    assert await answer_invitation(database, lin, number, NOON, accepts=True) == Refused(Reason.MISSING)
    assert await leave_sig(database, await viewer_of(database, world, "tariq"), "cabinet", NOON) is None
    assert await answer_invitation(database, tariq, number, NOON, accepts=True) == Refused(Reason.MISSING)


async def test_taking_a_sig_over_twice_is_taking_it_over_once(database: Database, world: World) -> None:
    amara, joost = await viewer_of(database, world, "amara"), await viewer_of(database, world, "joost")
    assert await answer_offer(database, joost, "turnaround", NOON, accepts=True) == Refused(Reason.MISSING)
    assert await offer_sig(database, amara, "turnaround", "joost-page", NOON) is None
    for _click in range(2):
        assert await answer_offer(database, joost, "turnaround", NOON, accepts=True) is None
    assert await answer_offer(database, amara, "turnaround", NOON, accepts=True) == Refused(Reason.MISSING)


async def _ban(connection: AsyncConnection, member_id: int, sig: int) -> None:
    """As an act does it: the row of the member held, a ban written, the membership ended."""
    holding = select(Member.c.member_id).where(Member.c.member_id == member_id)
    await connection.execute(holding.with_for_update(key_share=True))
    act = {"sig_id": sig, "kind": "ban", "actor_id": member_id, "member_id": member_id, "rule": "", "reason": ""}
    made = await connection.execute(insert(Act).values(**act, made_at=NOON).returning(Act.c.act_id))
    await connection.execute(insert(Ban).values(sig_id=sig, member_id=member_id, act_id=made.scalar_one()))
    await end_membership(connection, member_id, sig, NOON)


async def _close_the_door(connection: AsyncConnection, member_id: int, sig: int) -> None:
    await hold_sig(connection, sig)
    await connection.execute(update(Sig).where(Sig.c.sig_id == sig).values(joining=Joining.INVITATION))


@pytest.mark.parametrize("meanwhile", [_ban, _close_the_door])
async def test_what_shuts_a_door_waits_for_who_is_in_it(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Any
) -> None:
    """The other transaction begins while the join looks for a ban: it must not end before the join does."""
    tariq, sig = await viewer_of(database, world, "tariq"), world.sigs["turnaround"]
    deciding: list[asyncio.Task[None]] = []
    overtaken: list[bool] = []

    async def decide() -> None:
        async with database.writing() as connection:
            await meanwhile(connection, tariq.member_id, sig)

    async def look(connection: AsyncConnection, member_id: int, sig_id: int, now: datetime) -> bool:
        deciding.append(asyncio.create_task(decide()))
        await asyncio.wait(deciding, timeout=0.3)
        overtaken.append(deciding[0].done())
        return False

    monkeypatch.setattr("storage.sigs.memberships.is_banned", look)
    assert await join_sig(database, tariq, "turnaround", NOON) is None
    await asyncio.gather(*deciding)
    assert overtaken == [False]
    monkeypatch.undo()
    if meanwhile is _ban:
        assert sig_key(sig) not in (await viewer_of(database, world, "tariq")).ring
        assert await join_sig(database, tariq, "turnaround", NOON) == Refused(Reason.BANNED)


@pytest.mark.parametrize("blocker", ["joost", "amara"])
async def test_a_block_that_is_ended_does_not_undo_a_no(database: Database, world: World, blocker: str) -> None:
    """Neither who asks nor who was asked forgets by it that the answer was no."""
    seal = SEAL
    joost, amara = await viewer_of(database, world, "joost"), await viewer_of(database, world, "amara")
    assert await ask(database, joost, "amara-page", "Hello", NOON) is None
    [line] = (await find_connections_page(database, seal, amara)).received
    await decline(database, amara.member_id or 0, line.request_id, NOON)
    one, other = (joost, "amara-page") if blocker == "joost" else (amara, "joost-page")
    assert await block(database, one, other, NOON) is None
    assert (await find_connections_page(database, seal, joost)).sent == ()
    await unblock(database, one.member_id or 0, other, NOON)
    assert await ask(database, joost, "amara-page", "Hello again", NOON) is None
    assert len((await find_connections_page(database, seal, joost)).sent) == 1, "who asks cannot tell"
    assert (await find_connections_page(database, seal, amara)).received == ()
    names = [event.name for event in await list_waiting(database, NOON, 1000)]
    assert names.count("request.made") == 1


async def _case_keys(database: Database, case_id: int) -> frozenset[str]:
    statement = select(KeySet.c.text).join(Case, Case.c.key_set_id == KeySet.c.key_set_id)
    async with database.reading() as connection:
        return parse_keys(await connection.scalar(statement.where(Case.c.case_id == case_id)) or "")


async def _file(database: Database, world: World, kind: CaseKind, sig: str = "turnaround") -> int:
    sig_id, joost = world.sigs[sig], world["joost"].member_id
    async with database.writing() as connection:
        keys = frozenset({mod_key(sig_id)})
        return await file_case(connection, kind, keys, NOON, sig_id=sig_id, member_id=joost)


@pytest.mark.parametrize("way", ["appointed", "took over", "followed"])
async def test_nobody_sits_over_themselves_alone_once_they_moderate(database: Database, world: World, way: str) -> None:
    report, elsewhere = (
        await _file(database, world, CaseKind.REPORT),
        await _file(database, world, CaseKind.REPORT, "boardroom"),
    )
    closed = await _file(database, world, CaseKind.REPORT)
    async with database.writing() as connection:
        await connection.execute(update(Case).where(Case.c.case_id == closed).values(state=CaseState.CLOSED))
        if way == "followed":
            await end_membership(connection, world["lin"].member_id, world.sigs["turnaround"], NOON)
            await end_membership(connection, world["amara"].member_id, world.sigs["turnaround"], NOON)
        of_staff = update(Member).where(Member.c.member_id == world["tariq"].member_id)
        await connection.execute(of_staff.values(is_staff=True))
    if way != "followed":
        amara, joost = await viewer_of(database, world, "amara"), await viewer_of(database, world, "joost")
        if way == "appointed":
            assert await give_role(database, SEAL, amara, "turnaround", "joost-page", Role.MODERATOR, NOON) is None
        else:
            assert await offer_sig(database, amara, "turnaround", "joost-page", NOON) is None
            assert await answer_offer(database, joost, "turnaround", NOON, accepts=True) is None
    mod = mod_key(world.sigs["turnaround"])
    assert await _case_keys(database, report) == {mod, STAFF}
    assert await _case_keys(database, elsewhere) == {mod_key(world.sigs["boardroom"])}
    queue = await find_staff_queue(database, await viewer_of(database, world, "tariq"), Filter())
    assert queue is not None
    assert [line.case_id for line in queue.cases] == [report]
    assert await _case_keys(database, closed) == {mod, STAFF}, "it may be opened again"


async def test_the_staff_decide_a_first_post_that_only_its_author_could(database: Database, world: World) -> None:
    """Tariq's first post waits; everybody else leaves, so that he owns the SIG; Joost is of the staff now."""
    sig = world.sigs["turnaround"]
    async with database.writing() as connection:
        await connection.execute(update(Sig).where(Sig.c.sig_id == sig).values(holds_first_posts=True))
        await add_membership(connection, world["tariq"].member_id, sig, Role.MEMBER, NOON)
    tariq = await viewer_of(database, world, "tariq")
    draft = Draft(body="My first words", title="About me", submission="first")
    assert isinstance(await start_thread(database, tariq, "turnaround", draft, NOON), Written)
    async with database.writing() as connection:
        joost = world["joost"].member_id
        await connection.execute(update(Member).where(Member.c.member_id == joost).values(is_staff=True))
        for part in ("joost", "lin", "amara"):
            await end_membership(connection, world[part].member_id, sig, NOON)
    of_staff = await viewer_of(database, world, "joost")
    queue = await find_staff_queue(database, of_staff, Filter())
    assert queue is not None
    [line] = queue.cases
    assert await open_case(database, of_staff, line.case_id, NOON) is None
    page = await find_case_page(database, of_staff, line.case_id, NOON)
    assert page is not None
    assert page.may_approve
    assert await approve_case(database, of_staff, line.case_id, NOON, version=1) is None


async def test_absent_owners_get_a_member_beside_them_where_nobody_moderates(database: Database, world: World) -> None:
    sig, later = world.sigs["turnaround"], NOON + OWNER_AWAY_AFTER + timedelta(days=1)
    joost, lin = world["joost"].member_id, world["lin"].member_id
    roles = select(Membership.c.member_id).where(Membership.c.sig_id == sig, Membership.c.role == Role.OWNER)

    async def owners() -> set[int]:
        async with database.reading() as connection:
            return {row.member_id for row in await fetch_all(connection, roles)}

    await relieve_absent_owners(database, later)
    assert await owners() == {world["amara"].member_id}, "nobody is there at all"
    async with database.writing() as connection:
        await connection.execute(update(Member).where(Member.c.member_id == joost).values(seen_at=later))
    await relieve_absent_owners(database, NOON)
    assert await owners() == {world["amara"].member_id}, "nobody is away yet"
    await relieve_absent_owners(database, later)
    assert await owners() == {world["amara"].member_id, joost}
    async with database.writing() as connection:
        await connection.execute(update(Member).where(Member.c.member_id == lin).values(seen_at=later))
    await relieve_absent_owners(database, later)
    assert await owners() == {world["amara"].member_id, joost}, "one is enough"
