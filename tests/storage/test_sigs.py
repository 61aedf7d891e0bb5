"""The four circles of a SIG, its people, its settings and its doors, on both engines."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from domain.forum import ThreadPage
from domain.members import EntryKind, Slot
from domain.refusals import Problem, Reason, Refused
from domain.sigs import CIRCLES, Circle, Joining, Role, SigPage, SigSettings
from domain.visibility import EVERYONE, MY_SIGS, ONLY_ME, VISITOR, Viewer, mod_key, own_key, sig_key
from storage.database import Database, fetch_all
from storage.events import list_waiting
from storage.forum.lists import find_latest_threads
from storage.forum.pages import find_thread_page
from storage.key_sets import intern_key_set, parse_keys
from storage.members.audiences import list_offers
from storage.members.keys import find_owner, rewrite_keys, write_entry
from storage.members.page import find_member_page
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.sigs import (
    add_community,
    add_membership,
    add_sig,
    find_community_page,
    find_home_page,
    find_sig_page,
    join_sig,
    leave_sig,
)
from storage.sigs.offers import give_role, offer_sig
from storage.sigs.people import find_people_page
from storage.sigs.settings import TypedSettings, UnsavedSettings, find_settings_page, save_settings
from storage.tables import KeySet, Post, Thread
from tests.cast import NOON, World
from tests.conftest import SEAL

DESCRIPTION = "Hides what it is for"


async def viewer_of(database: Database, world: World, part: str) -> Viewer:
    """Somebody of the cast as the viewer that they are now."""
    if part == "visitor":
        return VISITOR
    async with database.reading() as connection:
        found = await find_viewer(connection, world[part].member_id)
    assert found is not None
    return found


async def found_sig(database: Database, world: World, settings: SigSettings) -> int:
    """A SIG with these settings: Amara owns it, Joost is in it."""
    async with database.writing() as connection:
        place = await add_community(connection, "annex", "Annex", "")
        sig = await add_sig(connection, place, "cabinet", "Cabinet", DESCRIPTION, settings, NOON)
        await add_membership(connection, world["amara"].member_id, sig, Role.OWNER, NOON)
        await add_membership(connection, world["joost"].member_id, sig, Role.MEMBER, NOON)
    return sig


_INSIDE = {Circle.SIG: {"amara", "joost"}, Circle.MEMBERS: {"amara", "joost", "lin", "tariq"}}
_INSIDE[Circle.EVERYONE] = {*_INSIDE[Circle.MEMBERS], "visitor", "nina", "sven"}
_ALL = _INSIDE[Circle.EVERYONE]


@pytest.mark.parametrize(("existence", "inner"), [(one, two) for one in Circle for two in Circle])
async def test_each_circle_opens_by_itself(database: Database, world: World, existence: Circle, inner: Circle) -> None:
    settings = SigSettings(reading=inner, existence=existence, describing=inner, listing=inner)
    await found_sig(database, world, settings)
    knows = _INSIDE[existence]
    for part in sorted(_ALL):
        viewer = await viewer_of(database, world, part)
        page = await find_sig_page(database, viewer, "cabinet", NOON)
        assert (page is not None) is (part in knows), part
        lists = (await find_home_page(database, viewer, NOON)).communities
        assert ("cabinet" in {sig.slug for one in lists for sig in one.sigs}) is (part in knows), part
        assert (await find_community_page(database, viewer, "annex") is not None) is (part in knows), part
        people = await find_people_page(database, SEAL, viewer, "cabinet")
        assert (people is not None) is (part in knows & _INSIDE[inner]), part
        if page is None:
            continue
        assert page.sig.description == (DESCRIPTION if part in _INSIDE[inner] else None), part
        assert (page.may_read, page.may_see_people) == (part in _INSIDE[inner], people is not None), part
        assert page.sig.member_count == (2 if part in _INSIDE[Circle.SIG] else None), part
        assert (page.may_change, page.may_invite) == ((part == "amara"), (part == "amara")), part


async def hide_membership(database: Database, member_id: int, sig_id: int) -> None:
    """Keep it for oneself that one belongs to a SIG."""
    async with database.writing() as connection:
        owner = await find_owner(connection, member_id)
        await write_entry(connection, owner, Slot(EntryKind.MEMBERSHIP, sig_id), str(sig_id), ONLY_ME, NOON)
        await rewrite_keys(connection, member_id, NOON)


async def test_a_hidden_membership_is_nowhere(database: Database, seal: Seal, world: World) -> None:
    sig, joost = world.sigs["turnaround"], world["joost"]
    await _write_for_my_sigs(database, joost.member_id)
    amara = await viewer_of(database, world, "amara")
    before = await find_people_page(database, SEAL, amara, "turnaround")
    assert before is not None
    assert [person.address for person in before.people] == ["joost-page", "lin-page"]
    assert "For my SIGs" in str(await find_member_page(database, seal, amara, "joost-page"))
    await hide_membership(database, joost.member_id, sig)
    after = await find_people_page(database, SEAL, amara, "turnaround")
    page = await find_sig_page(database, amara, "turnaround", NOON)
    assert after is not None
    assert page is not None
    assert [person.address for person in after.people] == ["lin-page"]
    assert (after.member_count, page.sig.member_count) == (2, 2), "who is hidden does not count"
    assert "For my SIGs" not in str(await find_member_page(database, seal, amara, "joost-page")), "the key would tell"
    async with database.reading() as connection:
        offers = await list_offers(connection, await find_owner(connection, amara.member_id or 0))
    assert {offer.name: offer.people for offer in offers if offer.name}["Turnaround"] == 2
    own = await viewer_of(database, world, "joost")
    mine = await find_people_page(database, SEAL, own, "turnaround")
    assert mine is not None
    assert "joost-page" in {person.address for person in mine.people}, "one sees oneself"
    given = await give_role(database, SEAL, amara, "turnaround", "joost-page", Role.MODERATOR, NOON)
    assert given == Refused(Reason.MISSING), "an answer must not tell of it"
    assert await offer_sig(database, amara, "turnaround", "joost-page", NOON) == Refused(Reason.MISSING)
    assert await leave_sig(database, own, "turnaround", NOON) is None
    page = await find_sig_page(database, amara, "turnaround", NOON)
    assert page is not None
    assert page.sig.member_count == 2


async def _write_for_my_sigs(database: Database, member_id: int) -> None:
    """An entry that opens to the people of one's SIGs."""
    async with database.writing() as connection:
        owner = await find_owner(connection, member_id)
        await write_entry(connection, owner, Slot(EntryKind.ABOUT), "For my SIGs", MY_SIGS, NOON)


async def test_the_list_goes_page_by_page_over_visible_people(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sigs.people.PEOPLE_A_PAGE", 1)
    viewer = await viewer_of(database, world, "amara")
    first = await find_people_page(database, SEAL, viewer, "turnaround")
    assert first is not None
    assert [person.role for person in first.serving] == [Role.OWNER]
    assert ([person.address for person in first.people], first.further) == (["joost-page"], "joost-page")
    second = await find_people_page(database, SEAL, viewer, "turnaround", "joost-page")
    assert second is not None
    assert ([person.address for person in second.people], second.further, second.serving) == (["lin-page"], None, ())
    for unknown in ("tariq-page", "nobody"):
        assert await find_people_page(database, SEAL, viewer, "turnaround", unknown) is None


def _typed(settings: SigSettings, name: str = "Turnaround") -> TypedSettings:
    circles = {one: circle.value for one, circle in settings.circles.items()}
    rules = "\n".join(settings.rules)
    return TypedSettings(name, "Anew", circles, settings.joining, settings.question, rules, holds_first_posts=False)


_OPEN = SigSettings(rules=("Be kind", "No names"), question="Why?", joining=Joining.REQUEST)
_YES = dict.fromkeys(CIRCLES, "everyone")


async def _save(
    database: Database, viewer: Viewer, settings: SigSettings, confirmed: Mapping[str, str] | None = None
) -> UnsavedSettings | Refused | None:
    return await save_settings(database, viewer, "turnaround", _typed(settings), confirmed or {}, NOON)


async def test_owners_change_the_settings_and_nobody_else(database: Database, world: World) -> None:
    for part, reason in (
        ("joost", Reason.NOT_PERMITTED),
        ("tariq", Reason.MISSING),
        ("nina", Reason.MISSING),
        ("sven", Reason.MISSING),
    ):
        viewer = await viewer_of(database, world, part)
        assert await _save(database, viewer, _OPEN) == Refused(reason)
        assert await find_settings_page(database, viewer, "turnaround") == Refused(reason)
    amara = await viewer_of(database, world, "amara")
    assert await _save(database, amara, _OPEN) is None
    page = await find_sig_page(database, amara, "turnaround", NOON)
    assert page is not None
    assert (page.rules, page.joining, page.sig.description) == (_OPEN.rules, Joining.REQUEST, "Anew")
    assert "sig.changed" in {event.name for event in await list_waiting(database, NOON, 1000)}


async def test_no_circle_goes_further_than_the_existence(database: Database, world: World) -> None:
    amara = await viewer_of(database, world, "amara")
    done = await _save(database, amara, replace(_OPEN, existence=Circle.MEMBERS))
    assert done == UnsavedSettings({"describing": Problem.WRONG, "reading": Problem.WRONG})
    typed = replace(_typed(_OPEN), circles={}, joining="by luck")
    done = await save_settings(database, amara, "turnaround", typed, {}, NOON)
    assert done == UnsavedSettings(dict.fromkeys((*CIRCLES, "joining"), Problem.NOT_OFFERED))


async def test_widening_waits_for_a_yes_to_what_was_asked(database: Database, world: World) -> None:
    amara, narrow = await viewer_of(database, world, "amara"), replace(_OPEN, reading=Circle.SIG, listing=Circle.SIG)
    assert await _save(database, amara, narrow) is None, "narrowing is immediate"
    wide = replace(narrow, reading=Circle.MEMBERS)
    for confirmed in ({}, {"reading": "everyone"}, {"listing": "members"}):
        assert await _save(database, amara, wide, confirmed) == UnsavedSettings(widening=(("reading", Circle.MEMBERS),))
    assert not await _reads(database, world, "tariq")
    assert await _save(database, amara, wide, {"reading": "members"}) is None
    assert await _reads(database, world, "tariq")


async def _reads(database: Database, world: World, part: str) -> bool:
    viewer = await viewer_of(database, world, part)
    page = await find_thread_page(database, viewer, world.public_thread.thread_id, 1)
    async with database.reading() as connection:
        lines = await find_latest_threads(connection, viewer, 10)
    listed = world.public_thread.thread_id in {line.thread_id for line in lines}
    assert (page is not None) is listed
    assert page is None or all(post.html for post in page.posts)
    return isinstance(page, ThreadPage)


async def test_narrowing_the_readers_closes_every_thread_and_spares_what_is_apart(
    database: Database, world: World
) -> None:
    sig, amara = world.sigs["turnaround"], await viewer_of(database, world, "amara")
    async with database.writing() as connection:
        held = await intern_key_set(connection, frozenset({own_key(world["joost"].member_id), mod_key(sig)}))
        one = select(Post.c.post_id).where(
            Post.c.thread_id == world.public_thread.thread_id, Post.c.member_id == world["joost"].member_id
        )
        apart = (await connection.execute(one)).scalar_one()
        await connection.execute(update(Post).where(Post.c.post_id == apart).values(key_set_id=held))
    assert await _reads(database, world, "visitor")
    assert await _save(database, amara, replace(_OPEN, reading=Circle.SIG)) is None
    assert {part for part in _ALL if await _can_find(database, world, part)} == {"amara", "joost", "lin"}
    statement = (
        select(Post.c.post_id, Post.c.member_id, KeySet.c.text)
        .join(KeySet, KeySet.c.key_set_id == Post.c.key_set_id)
        .join(Thread, Thread.c.thread_id == Post.c.thread_id)
        .where(Thread.c.sig_id == sig)
    )
    async with database.reading() as connection:
        rows = await fetch_all(connection, statement)
    for row in rows:
        expected = {own_key(row.member_id), mod_key(sig) if row.post_id == apart else sig_key(sig)}
        assert parse_keys(row.text) == expected
    assert len(rows) == 3


async def _can_find(database: Database, world: World, part: str) -> bool:
    async with database.reading() as connection:
        lines = await find_latest_threads(connection, await viewer_of(database, world, part), 10)
    return world.public_thread.thread_id in {line.thread_id for line in lines}


async def test_hiding_a_sig_hides_its_memberships(database: Database, seal: Seal, world: World) -> None:
    sig, amara = world.sigs["turnaround"], await viewer_of(database, world, "amara")
    async with database.writing() as connection:
        owner = await find_owner(connection, world["joost"].member_id)
        await write_entry(connection, owner, Slot(EntryKind.MEMBERSHIP, sig), str(sig), EVERYONE, NOON)
    assert "Turnaround" in str(await find_member_page(database, seal, VISITOR, "joost-page"))
    hidden = SigSettings(Circle.SIG, Circle.SIG, Circle.SIG, Circle.SIG)
    assert await _save(database, amara, hidden) is None
    for part in ("visitor", "tariq", "sven"):
        viewer = await viewer_of(database, world, part)
        assert "turnaround" not in str(await find_member_page(database, seal, viewer, "joost-page"))
        assert await find_sig_page(database, viewer, "turnaround", NOON) is None
        assert await join_sig(database, viewer, "turnaround", NOON) == Refused(Reason.MISSING)
    assert "Turnaround" in str(await find_member_page(database, seal, amara, "joost-page"))
    page = await find_sig_page(database, amara, "turnaround", NOON)
    assert isinstance(page, SigPage)
    assert (page.sig.member_count, page.is_public) == (3, False)
