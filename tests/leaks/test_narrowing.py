"""Narrowing is immediate: what somebody takes back is gone with the very next request, everywhere, and comes back
only when they say so. Everybody looks before and after, so that whatever keeps answers has them."""

from datetime import timedelta
from urllib.parse import urlencode

from domain.members import ENTRY_RULES, RECORD_PARTS, EntryKind, Slot
from storage.connections import disconnect
from storage.tables import Entry
from tests.cast import NOON
from tests.conftest import Clock
from tests.leaks.asking import Answer, ask, form_headers
from tests.leaks.asks import Ask
from tests.leaks.canaries import Canary
from tests.leaks.crawling import Form, Theatre
from tests.leaks.oracle import BOARDROOM, readers_of_entry

OWNER = "settled everyone-owner"
LOOKERS = ("visitor", "silas", "tariq", "joost", "bodil", "connie", "lise")
ROWS = (
    "everyone",
    "members",
    "my-sigs",
    "sig:turnaround",
    "everyone",
    "sig:boardroom",
    "connections",
    "members",
    "list",
    "everyone",
    "only-me",
)
"""Audiences one after the other, each closing for somebody what the one before had opened."""


async def _send(theatre: Theatre, viewer: str, path: str, form: dict[str, str]) -> Answer:
    """Send a form a second later: what lasts no time at all leaves no trace in the history of exposure."""
    clock = theatre.house.clock
    assert isinstance(clock, Clock)
    clock.now += timedelta(seconds=1)
    body = urlencode(form).encode()
    headers = [*form_headers(len(body)), ("cookie", f"__Host-session={theatre.planted.sessions[viewer]}")]
    return await ask(theatre.app, path, method="POST", headers=headers, body=body)


async def _status(theatre: Theatre, viewer: str, *paths: str) -> list[int]:
    return [(await theatre.ask(viewer, Ask(path))).status for path in paths]


async def _choose(theatre: Theatre, row: str) -> None:
    """One audience for every entry that the owner has; contact data stays with members. Records have their forms."""
    named = {"list": f"list:{theatre.planted.lists[OWNER]}", "sig:turnaround": "sig:1", "sig:boardroom": "sig:2"}
    chosen = named.get(row, row)
    slots = await _slots(theatre)
    never_public = {slot.name for slot in slots if not ENTRY_RULES[slot.kind].may_be_public}
    form = {f"{slot.name}.audience": chosen for slot in slots if slot.kind not in RECORD_PARTS}
    form |= {f"{name}.audience": "members" for name in never_public if chosen == "everyone"}
    sent = [("/profile/edit", {**form, "gender": "other"})]
    for slot in slots:
        if slot.kind in RECORD_PARTS:
            record = {**_record(theatre, slot), f"{slot.kind}.audience": chosen}
            sent.append((f"/profile/{slot.kind}/{slot.position}", record))
    agreed = {f"confirm.{slot.name}": form.get(f"{slot.name}.audience", chosen) for slot in slots}
    for path, values in sent:
        done = await _send(theatre, OWNER, path, {**values, **agreed, "confirm_widening": "yes"})
        assert done.status == 303, done.text


async def _slots(theatre: Theatre) -> list[Slot]:
    mine = Entry.c.member_id == theatre.planted.world[OWNER].member_id
    async with theatre.house.database.reading() as connection:
        rows = (await connection.execute(Entry.table.select().where(mine))).all()
    slots = [Slot(EntryKind(entry.kind), entry.position) for entry in rows]
    assert {slot.kind for slot in slots} == set(ENTRY_RULES)
    return slots


def _record(theatre: Theatre, slot: Slot) -> dict[str, str]:
    """The parts of a record, as they were planted."""
    field = f"entries.value[{slot.kind}]."
    parts = {
        canary.field.removeprefix(field).removesuffix(f" {slot.position}"): canary.token
        for canary in theatre.planted.cage.all
        if canary.owner == OWNER and canary.field.startswith(field) and canary.field.endswith(f" {slot.position}")
    }
    return {name: f"https://example.org/{token}" if name == "address" else token for name, token in parts.items()}


def _places(theatre: Theatre) -> list[str]:
    """Everywhere that something of the owner may stand."""
    planted = theatre.planted
    page, thread = f"/people/{planted.world[OWNER].public_id}", f"/threads/{planted.threads['turnaround']}"
    return [
        page,
        f"{page}/feed",
        f"{page}/lists",
        f"/photos/{planted.photos[OWNER]}/64",
        "/sitemaps/people-1.xml",
        "/robots.txt",
        "/sigs/turnaround/feed",
        f"{thread}?page=1",
        f"/people/{planted.world['connie'].public_id}",
    ]


async def _found(theatre: Theatre, viewer: str) -> set[Canary]:
    """The owner's canaries that this viewer meets now. The address of the page does not count where it was asked."""
    found: set[Canary] = set()
    own_address = theatre.planted.world[OWNER].public_id.encode()
    for path in _places(theatre):
        answer = await theatre.ask(viewer, Ask(path))
        raw = (
            answer.raw
            if path.startswith(("/threads", "/sitemaps", "/robots"))
            else answer.raw.replace(own_address, b"")
        )
        photo = theatre.planted.photos[OWNER]
        raw = raw.replace(photo.encode(), b"") if path.startswith("/photos") else raw
        found |= theatre.planted.cage.find(raw, path.partition("?")[0])
    return {canary for canary in found if canary.owner == OWNER and canary in _watched(theatre)}


_KIND_OF = {"accounts.email_sealed": "email", "members.public_id": "name", "files.bytes": "photo"}


def _kind(canary: Canary) -> str:
    return _KIND_OF.get(canary.field) or canary.field.partition("[")[2].partition("]")[0]


def _watched(theatre: Theatre) -> list[Canary]:
    """What belongs to the owner's entries; the gender is written anew with the form, and posts are no entries."""
    mine = [canary for canary in theatre.planted.cage.all if canary.owner == OWNER and canary.audience != "nobody"]
    return [canary for canary in mine if _kind(canary) in set(ENTRY_RULES) - {"gender"}]


def _expected(theatre: Theatre, viewer: str, row: str) -> set[Canary]:
    found = set()
    for canary in _watched(theatre):
        readers = readers_of_entry(_kind(canary), row, "settled")
        if canary.field.endswith(" boardroom"):
            readers &= BOARDROOM
        if viewer in readers:
            found.add(canary)
    return found


async def test_every_entry_follows_its_audience_with_the_next_request(theatre: Theatre) -> None:
    """Each kind of entry, in the page, the photo's bytes, feeds, sitemap, bylines and the lists of others."""
    assert len(_watched(theatre)) > 30
    for row in ROWS:
        await _choose(theatre, row)
        for viewer in LOOKERS:
            found, expected = await _found(theatre, viewer), _expected(theatre, viewer, row)
            assert {str(canary) for canary in found ^ expected} == set(), (row, viewer)


async def test_what_a_browser_keeps_is_not_confirmed_any_more(theatre: Theatre) -> None:
    """An old tag gets the new answer: page, feed and photo are no "not modified" once they are closed."""
    planted = theatre.planted
    page = f"/people/{planted.world[OWNER].public_id}"
    paths = page, f"{page}/feed", f"/photos/{planted.photos[OWNER]}/160"
    tags = [(await theatre.ask("visitor", Ask(path))).header("etag") for path in paths]
    again = [Form("again", headers=(("if-none-match", tag),)) for tag in tags]
    assert all(tags)
    asked = list(zip(paths, again, strict=True))
    assert [(await theatre.ask("visitor", Ask(path), form)).status for path, form in asked] == [304, 304, 304]
    assert (await _send(theatre, OWNER, "/profile/public", {"action": "off"})).status == 303
    assert [(await theatre.ask("visitor", Ask(path), form)).status for path, form in asked] == [410, 410, 410]


async def test_the_public_page_goes_with_its_switch(theatre: Theatre) -> None:
    planted = theatre.planted
    page, photo = f"/people/{planted.world[OWNER].public_id}", f"/photos/{planted.photos[OWNER]}/160"
    assert await _status(theatre, "visitor", page, photo, f"{page}/feed") == [200, 200, 200]
    assert page in (await theatre.ask("visitor", Ask("/sitemaps/people-1.xml"))).text
    done = await _send(theatre, OWNER, "/profile/public", {"action": "off"})
    assert done.header("location").startswith("/profile/receipts/")
    for viewer in ("visitor", "crawler", "ai-bot", "silas", "nina"):
        assert await _status(theatre, viewer, page, photo, f"{page}/feed") == [410, 410, 410]
        assert await _found(theatre, viewer) == set()
    assert page not in (await theatre.ask("visitor", Ask("/sitemaps/people-1.xml"))).text
    assert page not in (await theatre.ask("visitor", Ask("/robots.txt"))).text
    assert await _found(theatre, "tariq") == _expected(theatre, "tariq", "members")
    receipt = await theatre.ask(OWNER, Ask(done.header("location")))
    assert all(f"{path}</th><td>410" in receipt.text for path in (page, photo, f"{page}/feed"))
    other = await theatre.ask("tariq", Ask(done.header("location")))
    assert (other.status, page in other.text) == (404, False)
    agreed = {f"confirm.{slot.name}": "everyone" for slot in await _slots(theatre)}
    form = {"action": "on", "confirm_widening": "yes", **agreed}
    assert (await _send(theatre, OWNER, "/profile/public", form)).status == 303
    assert await _status(theatre, "visitor", page, photo, f"{page}/feed") == [200, 200, 200]


async def test_leaving_a_sig_closes_what_was_for_it(theatre: Theatre) -> None:
    """Both ways: the leaver's entries close to the SIG, and the SIG closes to the leaver. Who comes back reads again,
    and shows nothing again until they say so."""
    owner, planted = "settled sig:boardroom-owner", theatre.planted
    page, thread = f"/people/{planted.world[owner].public_id}", f"/threads/{planted.threads['boardroom']}"
    photo = f"/photos/{planted.photos[owner]}/64"
    assert [*await _status(theatre, "bodil", page, photo), *await _status(theatre, owner, thread)] == [200, 200, 200]
    assert (await _send(theatre, owner, "/sigs/boardroom/leave", {})).status == 303
    assert [*await _status(theatre, "bodil", page, photo), *await _status(theatre, owner, thread)] == [404, 404, 404]
    assert (await _send(theatre, owner, "/sigs/boardroom/join", {})).status == 303
    assert await _status(theatre, "bodil", photo) == [404]
    assert planted.world[owner].public_id not in (await theatre.ask("bodil", Ask(thread))).text
    assert await _status(theatre, owner, thread) == [200]


async def test_a_membership_that_ended_stands_on_no_page(theatre: Theatre) -> None:
    page = f"/people/{theatre.planted.world[OWNER].public_id}"
    assert theatre.planted.guild in (await theatre.ask("visitor", Ask(page))).text
    assert (await _send(theatre, OWNER, "/sigs/guild/leave", {})).status == 303
    for viewer in ("visitor", "tariq", "connie"):
        assert theatre.planted.guild not in (await theatre.ask(viewer, Ask(page))).text


async def test_taking_somebody_off_a_list_closes_what_was_for_it(theatre: Theatre) -> None:
    owner, planted = "settled list-owner", theatre.planted
    page, photo = f"/people/{planted.world[owner].public_id}", f"/photos/{planted.photos[owner]}/64"
    place, box = f"/people/{planted.world['lise'].public_id}/lists", f"list-{planted.lists[owner]}"
    assert await _status(theatre, "lise", page, photo) == [200, 200]
    assert (await _send(theatre, owner, place, {})).status == 303
    assert await _status(theatre, "lise", page, photo) == [404, 404]
    assert (await _send(theatre, owner, place, {box: "yes"})).status == 303
    assert await _status(theatre, "lise", page, photo) == [200, 200]
    assert (await _send(theatre, owner, f"/lists/{planted.lists[owner]}/delete", {})).status == 303
    assert await _status(theatre, "lise", page, photo) == [404, 404]
    assert await _status(theatre, owner, page, photo) == [200, 200]


async def test_nobody_changes_the_lists_of_others(theatre: Theatre) -> None:
    """A list of somebody else is nobody's: it cannot be deleted, emptied, filled or chosen as an audience."""
    owner, planted = "settled list-owner", theatre.planted
    page, list_id = f"/people/{planted.world[owner].public_id}", planted.lists[owner]
    place = f"/people/{planted.world['tariq'].public_id}/lists"
    for path, form in (
        (f"/lists/{list_id}/delete", {}),
        (f"/lists/{list_id}/forget-unseen", {}),
        (place, {f"list-{list_id}": "yes"}),
    ):
        assert (await _send(theatre, "lin", path, form)).status == 404
    assert (await _send(theatre, "lin", "/profile/edit", {"headline.audience": f"list:{list_id}"})).status == 422
    assert await _status(theatre, "lise", page) == [200]
    assert await _status(theatre, "tariq", page) == [404]


async def test_ending_a_connection_closes_what_was_for_it(theatre: Theatre) -> None:
    owner, planted = "settled connections-owner", theatre.planted
    page, photo = f"/people/{planted.world[owner].public_id}", f"/photos/{planted.photos[owner]}/64"
    circle = f"/people/{planted.world['connie'].public_id}"
    assert await _status(theatre, "connie", page, photo) == [200, 200]
    assert planted.world[owner].public_id in (await theatre.ask("connie", Ask(circle))).text
    async with theatre.house.database.writing() as connection:
        await disconnect(connection, planted.world["connie"].member_id, planted.world[owner].member_id, NOON)
    assert await _status(theatre, "connie", page, photo) == [404, 404]
    assert planted.world[owner].public_id not in (await theatre.ask("connie", Ask(circle))).text


async def test_a_photo_that_was_removed_is_gone_at_once(theatre: Theatre) -> None:
    photo = f"/photos/{theatre.planted.photos[OWNER]}/64"
    assert await _status(theatre, "visitor", photo) == [200]
    assert (await _send(theatre, OWNER, "/profile/photo", {"action": "remove"})).status == 303
    for viewer in ("visitor", "tariq", "connie", OWNER):
        assert (await theatre.ask(viewer, Ask(photo))).status in {404, 410}


async def test_a_private_feed_address_has_the_ring_of_the_moment(theatre: Theatre) -> None:
    planted = theatre.planted
    feed = f"/feeds/{planted.feed_tokens['bearer']}/sigs/boardroom"
    thread = f"/feeds/{planted.feed_tokens['bearer']}/threads/{planted.threads['boardroom']}"
    assert await _status(theatre, "bearer", feed, thread) == [200, 200]
    assert (await _send(theatre, "bodil", "/sigs/boardroom/leave", {})).status == 303
    assert await _status(theatre, "bearer", feed, thread) == [404, 404]
    public = f"/feeds/{planted.feed_tokens['bearer']}/sigs/turnaround"
    assert await _status(theatre, "bearer", public) == [200]
    for number in (1, 2, 3):
        await _send(theatre, "bodil", f"/settings/feeds/{number}/revoke", {})
    assert await _status(theatre, "bearer", public) == [404]
    barred = f"/feeds/{planted.feed_tokens['barred-bearer']}/sigs/turnaround"
    assert await _status(theatre, "barred-bearer", barred) == [200]


async def test_a_deleted_post_is_gone_at_once(theatre: Theatre) -> None:
    planted = theatre.planted
    path, post = f"/threads/{planted.threads['turnaround']}?page=3", planted.posts["turnaround kept"]
    canary = next(
        c
        for c in planted.cage.all
        if c.field == "posts.html" and c.audience == "turnaround reply" and c.owner == "olga"
    )
    assert canary.token in (await theatre.ask("visitor", Ask(path))).text
    assert (await _send(theatre, "olga", f"/posts/{post}/delete", {})).status == 303
    feed = f"/threads/{planted.threads['turnaround']}/feed"
    for viewer in ("visitor", "tariq", "joost", "amara"):
        reply_to = f"/threads/{planted.threads['turnaround']}?reply_to={post}"
        for asked in (path, reply_to, f"/posts/{post}/edit", feed):
            assert canary.token not in (await theatre.ask(viewer, Ask(asked))).text
    assert (await _send(theatre, "olga", f"/posts/{post}/restore", {})).status == 303
    assert canary.token in (await theatre.ask("visitor", Ask(path))).text


async def test_a_session_that_ended_sees_as_a_visitor(theatre: Theatre) -> None:
    asked = Ask(f"/threads/{theatre.planted.threads['boardroom']}")
    assert (await theatre.ask("bodil", asked)).status == 200
    assert (await _send(theatre, "bodil", "/sign-out", {})).status == 303
    assert (await theatre.ask("bodil", asked)).status == 404
