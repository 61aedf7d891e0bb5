"""The doors of a SIG: asking, inviting, bans, roles and offers, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from domain.joining import INVITATION_STANDS_FOR, AskPage, InvitePage
from domain.members import EntryKind, Slot
from domain.refusals import Problem, Reason, Refused
from domain.roles import PersonInSig
from domain.sigs import Circle, Joining, Role, SigSettings
from domain.visibility import ONLY_ME, Viewer, block_mark, mod_key, sig_key
from storage.blocks import block
from storage.database import Database, fetch_all
from storage.events import list_waiting
from storage.members.keys import find_owner, write_entry
from storage.sigs import (
    add_community,
    add_membership,
    add_sig,
    find_sig_page,
    join_sig,
)
from storage.sigs.invitations import (
    answer_invitation,
    find_invitations_page,
    find_invite_page,
    invite,
    withdraw_invitation,
)
from storage.sigs.joining import ask_to_join, decide_join, find_ask_page, withdraw_wish
from storage.sigs.offers import answer_offer, give_role, offer_sig, step_down
from storage.sigs.people import find_people_page
from storage.tables import Act, Ban, Case, Member, Sig
from tests.cast import NOON, World
from tests.conftest import SEAL
from tests.storage.test_sigs import DESCRIPTION, found_sig, hide_membership, viewer_of


async def _ban(database: Database, world: World, part: str, sig: int, days: int | None) -> None:
    until = None if days is None else NOON + timedelta(days=days)
    async with database.writing() as connection:
        row = {"sig_id": sig, "kind": "ban", "actor_id": world["amara"].member_id, "rule": "", "reason": ""}
        made = await connection.execute(insert(Act).values(**row, made_at=NOON).returning(Act.c.act_id))
        ban = {"sig_id": sig, "member_id": world[part].member_id, "act_id": made.scalar_one(), "until": until}
        await connection.execute(insert(Ban).values(ban))


@pytest.mark.parametrize("joining", Joining)
@pytest.mark.parametrize(("days", "stands"), [(None, True), (3, True), (-3, False), (0, False)])
async def test_the_banned_stay_outside_while_it_lasts(
    database: Database, world: World, joining: Joining, days: int | None, stands: bool
) -> None:
    sig = await found_sig(database, world, SigSettings(joining=joining))
    tariq, amara = await viewer_of(database, world, "tariq"), await viewer_of(database, world, "amara")
    assert await invite(database, amara, "cabinet", "/people/tariq-page", "Come in", NOON) is None
    await _ban(database, world, "tariq", sig, days)
    fits = {
        Joining.OPEN: await join_sig(database, tariq, "cabinet", NOON),
        Joining.REQUEST: await ask_to_join(database, tariq, "cabinet", "Please", NOON),
    }
    for door, done in fits.items():
        expected = None if door is joining else Refused(Reason.INVALID)
        if joining is Joining.OPEN and not stands:
            continue  # in by the first door
        assert done == (Refused(Reason.BANNED) if stands else expected), door
    page = await find_sig_page(database, tariq, "cabinet", NOON)
    assert page is not None
    assert page.may_join is (not stands and joining is not Joining.INVITATION)
    waiting = (await find_invitations_page(database, tariq, NOON)).invitations
    if stands:
        answer = await answer_invitation(database, tariq, waiting[0].invitation_id, NOON, accepts=True)
        assert answer == Refused(Reason.BANNED)
        assert await invite(database, amara, "cabinet", "tariq-page", "", NOON) == Refused(Reason.BANNED)
    elif joining is not Joining.OPEN:
        assert await answer_invitation(database, tariq, waiting[0].invitation_id, NOON, accepts=True) == "cabinet"


async def _cases(database: Database) -> list[tuple[int, str, str]]:
    statement = select(Case.c.case_id, Case.c.state, Case.c.words).where(Case.c.kind == "join")
    async with database.reading() as connection:
        return [tuple(row) for row in await fetch_all(connection, statement.order_by(Case.c.case_id))]


@pytest.mark.parametrize("admit", [True, False])
async def test_a_request_is_decided_once_by_who_may(database: Database, world: World, admit: bool) -> None:
    sig = await found_sig(database, world, SigSettings(joining=Joining.REQUEST, question="Why?"))
    tariq = await viewer_of(database, world, "tariq")
    form = await find_ask_page(database, tariq, "cabinet", NOON)
    assert isinstance(form, AskPage)
    assert (form.question, form.has_asked) == ("Why?", False)
    done = await ask_to_join(database, tariq, "cabinet", " ", NOON)
    assert done == Refused(Reason.INVALID, {"words": Problem.EMPTY})
    for _twice in range(2):
        assert await ask_to_join(database, tariq, "cabinet", "I build them.", NOON) is None
    [(case_id, state, words)] = await _cases(database)
    assert (state, words) == ("open", "I build them.")
    page = await find_sig_page(database, tariq, "cabinet", NOON)
    assert page is not None
    assert page.has_asked
    for part, reason in (("joost", Reason.MISSING), ("tariq", Reason.MISSING), ("lin", Reason.MISSING)):
        viewer = await viewer_of(database, world, part)
        async with database.writing() as connection:
            assert await decide_join(connection, viewer, case_id, NOON, admit=admit) == Refused(reason)
    amara = await viewer_of(database, world, "amara")
    async with database.writing() as connection:
        assert await decide_join(connection, amara, case_id, NOON, admit=admit) is None
        assert await decide_join(connection, amara, case_id, NOON, admit=admit) == Refused(Reason.STALE)
    assert (sig_key(sig) in (await viewer_of(database, world, "tariq")).ring) is admit
    names = {event.name for event in await list_waiting(database, NOON, 1000)}
    assert ("sig.admitted" in names, "sig.turned_down" in names) == (admit, not admit)


async def test_a_request_can_be_taken_back(database: Database, world: World) -> None:
    await found_sig(database, world, SigSettings(joining=Joining.REQUEST))
    tariq = await viewer_of(database, world, "tariq")
    assert await ask_to_join(database, tariq, "cabinet", "Please", NOON) is None
    assert await withdraw_wish(database, tariq, "cabinet", NOON) is None
    assert [(state, words) for _, state, words in await _cases(database)] == [("closed", "")]


async def test_an_invitation_shows_name_and_description_and_nothing_else(database: Database, world: World) -> None:
    hidden = SigSettings(Circle.SIG, Circle.SIG, Circle.SIG, Circle.SIG, joining=Joining.INVITATION)
    sig = await found_sig(database, world, hidden)
    amara, tariq = await viewer_of(database, world, "amara"), await viewer_of(database, world, "tariq")
    for part, reason in (("joost", Reason.NOT_PERMITTED), ("lin", Reason.MISSING)):
        viewer = await viewer_of(database, world, part)
        assert await invite(database, viewer, "cabinet", "tariq-page", "", NOON) == Refused(reason)
    for address, problem in (("nobody", Problem.WRONG), ("amara-page", Problem.WRONG), ("joost-page", Problem.TAKEN)):
        done = await invite(database, amara, "cabinet", address, "", NOON)
        assert done == Refused(Reason.INVALID, {"person": problem})
    for _twice in range(2):
        assert await invite(database, amara, "cabinet", "https://x/people/tariq-page", " Come in ", NOON) is None
    [line] = (await find_invitations_page(database, tariq, NOON)).invitations
    assert (line.sig_name, line.description, line.note, line.inviter.name) == (
        "Cabinet",
        DESCRIPTION,
        "Come in",
        "Amara Okafor",
    )
    assert await find_sig_page(database, tariq, "cabinet", NOON) is None
    assert await find_people_page(database, SEAL, tariq, "cabinet") is None
    shut = replace(tariq, ring=tariq.ring | {block_mark(world["amara"].member_id)})
    late = NOON + INVITATION_STANDS_FOR
    for viewer, when in ((shut, NOON), (tariq, late)):
        assert (await find_invitations_page(database, viewer, when)).invitations == ()
        done_ = await answer_invitation(database, viewer, line.invitation_id, when, accepts=True)
        assert done_ == Refused(Reason.MISSING)
    lin = await viewer_of(database, world, "lin")
    assert await answer_invitation(database, lin, line.invitation_id, NOON, accepts=True) == Refused(Reason.MISSING)
    assert await answer_invitation(database, tariq, line.invitation_id, NOON, accepts=True) == "cabinet"
    assert sig_key(sig) in (await viewer_of(database, world, "tariq")).ring
    assert (await find_invitations_page(database, tariq, NOON)).invitations == ()


async def test_an_invitation_is_declined_or_withdrawn(database: Database, world: World) -> None:
    sig = await found_sig(database, world, SigSettings(joining=Joining.INVITATION))
    amara, tariq = await viewer_of(database, world, "amara"), await viewer_of(database, world, "tariq")
    for takes_back in (True, False):
        assert await invite(database, amara, "cabinet", "tariq-page", "", NOON) is None
        page = await find_invite_page(database, amara, "cabinet", NOON)
        assert isinstance(page, InvitePage)
        [sent] = page.sent
        if takes_back:
            assert await withdraw_invitation(database, amara, "cabinet", sent.invitation_id) is None
        else:
            assert await answer_invitation(database, tariq, sent.invitation_id, NOON, accepts=False) == "cabinet"
        assert (await find_invitations_page(database, tariq, NOON)).invitations == ()
    assert sig_key(sig) not in (await viewer_of(database, world, "tariq")).ring


async def test_an_invitation_does_not_tell_of_a_hidden_membership(database: Database, world: World) -> None:
    amara, joost = await viewer_of(database, world, "amara"), world["joost"]
    known = await invite(database, amara, "turnaround", "joost-page", "", NOON)
    assert known == Refused(Reason.INVALID, {"person": Problem.TAKEN})
    await hide_membership(database, joost.member_id, world.sigs["turnaround"])
    assert await invite(database, amara, "turnaround", "joost-page", "", NOON) is None, "as if they were outside"


# Roles and offers.


async def test_roles_are_given_and_laid_down(database: Database, world: World) -> None:
    amara = await viewer_of(database, world, "amara")
    assert await give_role(database, SEAL, amara, "turnaround", "joost-page", Role.MODERATOR, NOON) is None
    joost = await viewer_of(database, world, "joost")
    assert mod_key(world.sigs["turnaround"]) in joost.ring
    assert await give_role(database, SEAL, joost, "turnaround", "lin-page", Role.MODERATOR, NOON) == Refused(
        Reason.NOT_PERMITTED
    )
    assert await give_role(database, SEAL, amara, "turnaround", "tariq-page", Role.MODERATOR, NOON) == Refused(
        Reason.MISSING
    )
    assert await step_down(database, amara, "turnaround", NOON) == Refused(Reason.LAST_ONE)
    assert await step_down(database, joost, "turnaround", NOON) is None
    assert mod_key(world.sigs["turnaround"]) not in (await viewer_of(database, world, "joost")).ring


async def _hide_a_moderator(database: Database, world: World, how: str) -> tuple[Viewer, PersonInSig]:
    """Joost and Lin moderate with Amara, and he hides: what she, who owns the SIG, sees of him among its keepers."""
    joost, amara = world["joost"], await viewer_of(database, world, "amara")
    for part in ("joost", "lin"):
        given = await give_role(database, SEAL, amara, "turnaround", f"{part}-page", Role.MODERATOR, NOON)
        assert given is None
    await hide_membership(database, joost.member_id, world.sigs["turnaround"])
    if how == "blocks":
        assert await block(database, joost.viewer, "amara-page", NOON) is None
    if how == "is nameless":
        async with database.writing() as connection:
            owner = await find_owner(connection, joost.member_id)
            await write_entry(connection, owner, Slot(EntryKind.NAME), "Joost van Dijk", ONLY_ME, NOON)
    amara = await viewer_of(database, world, "amara")
    page = await find_people_page(database, SEAL, amara, "turnaround")
    assert page is not None
    [hiding] = [person for person in page.serving if person.address not in {"amara-page", "lin-page"}]
    return amara, hiding


_WAYS = pytest.mark.parametrize("how", ["hides", "blocks", "is nameless"])


@_WAYS
async def test_an_owner_dismisses_a_moderator_who_hides(database: Database, world: World, how: str) -> None:
    amara, hiding = await _hide_a_moderator(database, world, how)
    named = None if how == "is nameless" else "Joost van Dijk"
    assert (hiding.role, hiding.gives, hiding.line.name) == (Role.MODERATOR, Role.MEMBER, named)
    by_address = await give_role(database, SEAL, amara, "turnaround", "joost-page", Role.MEMBER, NOON)
    assert by_address == Refused(Reason.MISSING), "an address asks who somebody is"
    assert await give_role(database, SEAL, amara, "turnaround", hiding.address, Role.MEMBER, NOON) is None
    assert mod_key(world.sigs["turnaround"]) not in (await viewer_of(database, world, "joost")).ring
    again = await find_people_page(database, SEAL, amara, "turnaround")
    assert again is not None
    assert hiding.address not in {person.address for person in again.serving}
    given = await give_role(database, SEAL, amara, "turnaround", hiding.address, Role.MODERATOR, NOON)
    assert given == Refused(Reason.MISSING), "a member who hides is nobody's to know"


@_WAYS
async def test_nobody_but_owners_knows_of_a_moderator_who_hides(database: Database, world: World, how: str) -> None:
    _, hiding = await _hide_a_moderator(database, world, how)
    assert (hiding.may_offer, "joost-page" in hiding.address) == (False, False)
    for part, reason in (("lin", Reason.NOT_PERMITTED), ("tariq", Reason.MISSING)):
        viewer = await viewer_of(database, world, part)
        page = await find_people_page(database, SEAL, viewer, "turnaround")
        shown = [person.address for person in page.serving] if page else []
        assert shown == (["amara-page", "lin-page"] if part == "lin" else []), "her fellow moderator does not know"
        done = await give_role(database, SEAL, viewer, "turnaround", hiding.address, Role.MEMBER, NOON)
        assert done == Refused(reason)


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_sig_goes_by_offer_and_acceptance(database: Database, world: World, accepts: bool) -> None:
    amara, joost = await viewer_of(database, world, "amara"), await viewer_of(database, world, "joost")
    assert await offer_sig(database, joost, "turnaround", "lin-page", NOON) == Refused(Reason.NOT_PERMITTED)
    assert await offer_sig(database, amara, "turnaround", "joost-page", NOON) is None
    assert await offer_sig(database, amara, "turnaround", "lin-page", NOON) is None, "one at a time"
    lin = await viewer_of(database, world, "lin")
    assert await answer_offer(database, lin, "turnaround", NOON, accepts=True) == Refused(Reason.MISSING)
    [line] = (await find_invitations_page(database, joost, NOON)).offers
    assert (line.slug, line.owner.name) == ("turnaround", "Amara Okafor")
    assert await answer_offer(database, joost, "turnaround", NOON, accepts=accepts) is None
    people = await find_people_page(database, SEAL, amara, "turnaround")
    assert people is not None
    roles = {person.address: person.role for person in people.serving}
    after = {"amara-page": Role.MODERATOR, "joost-page": Role.OWNER} if accepts else {"amara-page": Role.OWNER}
    assert roles == after
    twice = await answer_offer(database, joost, "turnaround", NOON, accepts=True)
    assert twice == (None if accepts else Refused(Reason.MISSING)), "a second click is none"


async def test_a_first_comer_owns_what_nobody_owned(database: Database, world: World) -> None:
    async with database.writing() as connection:
        place = await add_community(connection, "annex", "Annex", "")
        await add_sig(connection, place, "cabinet", "Cabinet", "", Circle.EVERYONE, NOON)
    assert await join_sig(database, await viewer_of(database, world, "tariq"), "cabinet", NOON) is None
    page = await find_sig_page(database, await viewer_of(database, world, "tariq"), "cabinet", NOON)
    assert page is not None
    assert page.may_change


async def test_the_suspended_have_a_role_that_opens_nothing(database: Database, world: World) -> None:
    async with database.writing() as connection:
        sven = world["sven"].member_id
        await add_membership(connection, sven, world.sigs["turnaround"], Role.MODERATOR, NOON)
        standing = await connection.execute(select(Member.c.in_good_standing).where(Member.c.member_id == sven))
        assert standing.scalar_one() is False
        counted = await connection.execute(select(Sig.c.member_count).where(Sig.c.slug == "turnaround"))
        assert counted.scalar_one() == 3, "nobody sees that they are in"
    viewer = await viewer_of(database, world, "sven")
    assert await find_invite_page(database, viewer, "turnaround", NOON) == Refused(Reason.MISSING)
