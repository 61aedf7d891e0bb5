"""The matrix of blocks, cell by cell: the thing is done over HTTP before and after, by whoever blocks and by whoever is
blocked. What other capabilities build stands here as far as a block decides it: the channel, or the mark on the ring.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest

from domain.blocks import BLOCK_MATRIX, Effect, Place, Side, list_cells
from domain.channels import Channel
from domain.sigs import Role
from domain.visibility import block_mark, mod_key
from storage.blocks import mute
from storage.channels import refuse_to_reach
from storage.connections import connect
from storage.forum.commands import Draft, Written, write_reply
from storage.members.lists import make_list, place_person
from storage.photos import save_photo
from storage.rings import find_viewer
from storage.sigs import add_membership
from tests.agreeing import post_agreed
from tests.cast import NOON
from tests.conftest import Stoa
from tests.pictures import encode, picture

_REFERENCE = re.compile(r'name="person" value="([0-9a-f]{24})"')
_ARTICLE = re.compile(r'<article id="person".*?</article>', re.DOTALL)
YES = {"confirm_widening": "yes"}
ME, OTHER = "amara", "joost"
AMARA, JOOST = "/people/amara-page", "/people/joost-page"
NAMES = {"amara": ("Amara Okafor", "Plant director"), "joost": ("Joost van Dijk", "Interim manager")}


@dataclass
class Meeting:
    """Amara and Joost, connected, in one SIG. She is the one who looks, and either makes the block."""

    stoa: Stoa
    joosts_list: int = 0

    async def furnish(self) -> None:
        """Both keep something for everyone, for members, for connections and for a list that the other is on."""
        ids = {part: self.stoa.world[part].member_id for part in (ME, OTHER, "tariq")}
        async with self.stoa.database.writing() as connection:
            for one, other in ((ME, OTHER), (OTHER, "tariq")):
                await connect(connection, ids[one], ids[other], NOON)
        await self.talk()
        for part, other in ((ME, OTHER), (OTHER, ME)):
            made = await make_list(self.stoa.database, ids[part], "Board", NOON)
            assert isinstance(made, int)
            viewer = self.stoa.world[part].viewer
            placed = await place_person(self.stoa.database, viewer, f"{other}-page", frozenset({made}), NOON)
            assert placed is None
            await self.write(part, made)

    async def talk(self) -> None:
        """Joost is in the closed SIG too, and says something there."""
        joost, boardroom = self.stoa.world[OTHER].member_id, self.stoa.world.sigs["boardroom"]
        async with self.stoa.database.writing() as connection:
            await add_membership(connection, joost, boardroom, Role.MEMBER, NOON)
            viewer = await find_viewer(connection, joost)
        assert viewer is not None
        closed = self.stoa.world.closed_thread.thread_id
        said = Draft(body="Said by joost in boardroom.", submission="joost-again")
        assert isinstance(await write_reply(self.stoa.database, viewer, closed, said, NOON), Written)

    async def write(self, part: str, list_id: int) -> None:
        """The entries of one of both."""
        name, profession = NAMES[part]
        texts = {"name": name, "profession": profession, "about": f"{part} for connections"}
        texts |= {"location": f"{part} for the list", "objectives": f"{part} for everyone"}
        audiences = {"name": "everyone", "profession": "members", "about": "connections"}
        audiences |= {"location": f"list:{list_id}", "objectives": "everyone", "connections": "members"}
        audiences |= {"contributions": "everyone"}
        form = {**texts, **{f"{kind}.audience": audience for kind, audience in audiences.items()}}
        assert (await post_agreed(await self.stoa.browser(part), "/profile/edit", form)).status_code == 303

    async def get(self, path: str, part: str = ME) -> str:
        """The text of a page, its status before it."""
        answer = await (await self.stoa.browser(part)).get(path)
        return f"{answer.status_code} {answer.text}"

    async def article(self, path: str, part: str = ME) -> str:
        """What a personal page says, without the acts beside it."""
        return "".join(_ARTICLE.findall(await self.get(path, part)))

    async def block(self, maker: str) -> None:
        """Block over HTTP."""
        path = JOOST if maker == ME else AMARA
        done = await (await self.stoa.browser(maker)).post(f"{path}/block")
        assert (done.status_code, done.headers["location"]) == (303, "/settings/blocks")

    async def effect(self, look: Callable[[str], Awaitable[object]], maker: str) -> Effect:
        """What the block changes in what Amara sees: nothing, or down to what a visitor sees, whose sight it leaves."""
        before, of_visitor = await look(ME), await look("visitor")
        assert before != of_visitor, "there is something to lose"
        await self.block(maker)
        assert await look("visitor") == of_visitor
        after = await look(ME)
        if after == before:
            return Effect.UNCHANGED
        assert after == of_visitor
        return Effect.AS_VISITOR

    async def reach(self, channel: Channel, maker: str) -> Effect:
        """Whether a channel that was open is shut."""
        answers = []
        for blocked in (False, True):
            if blocked:
                await self.block(maker)
            async with self.stoa.database.reading() as connection:
                viewer = await find_viewer(connection, self.stoa.world[ME].member_id)
                assert viewer is not None
                other = self.stoa.world[OTHER].member_id
                answers.append(await refuse_to_reach(connection, viewer, other, channel))
        assert answers[0] is None
        return Effect.SHUT if answers[1] else Effect.UNCHANGED

    async def ring(self) -> frozenset[str]:
        """Amara's ring of now."""
        async with self.stoa.database.reading() as connection:
            viewer = await find_viewer(connection, self.stoa.world[ME].member_id)
        assert viewer is not None
        return viewer.ring


@pytest.fixture
async def meeting(stoa: Stoa) -> Meeting:
    """Amara and Joost before the block."""
    made = Meeting(stoa)
    await made.furnish()
    return made


async def _personal_page(meeting: Meeting, maker: str) -> Effect:
    return await meeting.effect(lambda part: meeting.article(JOOST, part), maker)


async def _photo(meeting: Meeting, maker: str) -> Effect:
    house, joost = meeting.stoa.app.state.house, meeting.stoa.world[OTHER].member_id
    name = await save_photo(house.database, house.files, joost, encode(picture()), NOON)
    form = {"photo.audience": "members", "name": "Joost van Dijk", "profession": "Interim manager"}
    await post_agreed(await meeting.stoa.browser(OTHER), "/profile/edit", form)

    async def look(part: str) -> object:
        answer = await (await meeting.stoa.browser(part)).get(f"/photos/{name}/160")
        return answer.status_code, f"/photos/{name}/" in await meeting.get("/threads/1", part)

    assert await look(ME) == (200, True)
    return await meeting.effect(look, maker)


async def _byline(meeting: Meeting, maker: str) -> Effect:
    async def look(part: str) -> object:
        text = await meeting.get("/threads/1", part)
        return "Joost van Dijk" in text, "Interim manager" in text

    assert (await look(ME), await look("visitor")) == ((True, True), (True, False))
    return await meeting.effect(look, maker)


async def _posts(meeting: Meeting, maker: str) -> Effect:
    """What is said in the closed SIG, and the answer to it, which no visitor sees."""

    async def look(part: str) -> object:
        text = await meeting.get(f"/threads/{meeting.stoa.world.closed_thread.thread_id}", part)
        return "Said by joost in boardroom." in text, "reply_to" in text

    return await meeting.effect(look, maker)


async def _people(meeting: Meeting, maker: str) -> Effect:
    """In the list of somebody else's connections; the name is for members, so a visitor finds nobody."""
    for part in (OTHER, "tariq"):
        name = "Joost van Dijk" if part == OTHER else "Tariq Haddad"
        profession = "Interim manager" if part == OTHER else "Controller"
        form = {"name": name, "profession": profession, "connections.audience": "members"}
        form["name.audience"] = "members" if part == OTHER else "everyone"
        await post_agreed(await meeting.stoa.browser(part), "/profile/edit", form)

    async def look(part: str) -> object:
        return "joost-page" in await meeting.get("/people/tariq-page", part)

    assert await look(ME) is True
    return await meeting.effect(look, maker)


async def _audiences(meeting: Meeting, maker: str) -> Effect:
    texts = ("joost for connections", "joost for the list")

    async def look() -> list[bool]:
        page = await meeting.get(JOOST)
        return [text in page for text in texts]

    assert await look() == [True, True]
    await meeting.block(maker)
    return {(False, False): Effect.SHUT, (True, True): Effect.UNCHANGED}[tuple(await look())]  # type: ignore[index]  # both or neither


async def _scraps(meeting: Meeting, maker: str) -> Effect:
    return await meeting.reach(Channel.SCRAP, maker)


async def _invitation(meeting: Meeting, maker: str) -> Effect:
    return await meeting.reach(Channel.INVITATION, maker)


async def _mention(meeting: Meeting, maker: str) -> Effect:
    return await meeting.reach(Channel.MENTION, maker)


async def _request(meeting: Meeting, maker: str) -> Effect:
    browser = await meeting.stoa.browser(ME)
    await browser.post(f"{JOOST}/disconnect")
    assert (await browser.post(f"{JOOST}/connect", data={"note": "Hello."})).status_code == 303
    assert "Hello." in await meeting.get("/connections", OTHER)
    await meeting.block(maker)
    assert "Hello." not in await meeting.get("/connections", OTHER)
    again = await browser.post(f"{JOOST}/connect", data={"note": "Hello."})
    assert "Hello." not in await meeting.get("/connections", OTHER)
    return {422: Effect.SHUT, 303: Effect.UNCHANGED}[again.status_code]


async def _reply(meeting: Meeting, maker: str) -> Effect:
    """A notice is read with the ring of its member; the mark on it keeps the notice away."""
    mark = block_mark(meeting.stoa.world[OTHER].member_id)
    assert mark not in await meeting.ring()
    await meeting.block(maker)
    return Effect.SILENT if mark in await meeting.ring() else Effect.UNCHANGED


async def _feeds(meeting: Meeting, maker: str) -> Effect:
    """The other's feed holds for members what they said behind the doors of a SIG of both."""

    async def look(part: str) -> object:
        return sorted(re.findall(r"Said by joost in \w+", await meeting.get(f"{JOOST}/feed", part)))

    assert len(await look(ME)) > len(await look("visitor")) > 0  # type: ignore[arg-type]  # a list of strings
    return await meeting.effect(look, maker)


async def _view_as(meeting: Meeting, maker: str) -> Effect:
    async def look(part: str) -> object:
        eyes = "looker=visitor" if part == "visitor" else "looker=person&person=joost-page"
        return await meeting.article(f"/profile/view-as?{eyes}", ME)

    return await meeting.effect(look, maker)


async def _reports(meeting: Meeting, maker: str) -> Effect:
    link = f'href="/report/person/{OTHER}-page"'
    assert link in await meeting.get(JOOST)
    await meeting.block(maker)
    return Effect.UNCHANGED if link in await meeting.get(JOOST) else Effect.SHUT


async def _moderation(meeting: Meeting, maker: str) -> Effect:
    """Amara moderates the SIG; what opens to its moderators belongs to the SIG, not to whoever wrote it."""
    key = mod_key(meeting.stoa.world.sigs["turnaround"])
    assert key in await meeting.ring()
    await meeting.block(maker)
    return Effect.UNCHANGED if key in await meeting.ring() else Effect.SHUT


PROOFS: Mapping[Place, Callable[[Meeting, str], Awaitable[Effect]]] = {
    Place.PERSONAL_PAGE: _personal_page,
    Place.PHOTO: _photo,
    Place.BYLINE: _byline,
    Place.POSTS: _posts,
    Place.PEOPLE: _people,
    Place.AUDIENCES: _audiences,
    Place.SCRAPS: _scraps,
    Place.REQUEST: _request,
    Place.INVITATION: _invitation,
    Place.MENTION: _mention,
    Place.REPLY: _reply,
    Place.FEEDS: _feeds,
    Place.VIEW_AS: _view_as,
    Place.REPORTS: _reports,
    Place.MODERATION: _moderation,
}


@pytest.mark.parametrize(("place", "side", "effect"), list(list_cells()))
async def test_every_cell_of_the_matrix(meeting: Meeting, place: Place, side: Side, effect: Effect) -> None:
    assert await PROOFS[place](meeting, ME if side is Side.BLOCKER else OTHER) is effect


def test_the_matrix_has_every_place_and_both_sides() -> None:
    assert set(BLOCK_MATRIX) == set(Place) == set(PROOFS)
    assert all(set(row) == set(Side) for row in BLOCK_MATRIX.values())


@pytest.mark.parametrize("part", ["amara", "joost"])
async def test_the_matrix_is_published(stoa: Stoa, part: str) -> None:
    texts = [(await (await stoa.browser(one)).get("/about/blocks")).text for one in ("visitor", part)]
    rows = re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td><td>([^<]+)</td>', texts[0])
    assert len(rows) == len(BLOCK_MATRIX) == len({name for name, *_ in rows})
    assert rows == re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td><td>([^<]+)</td>', texts[1])


@pytest.mark.parametrize("maker", [ME, OTHER])
async def test_a_blocked_member_and_a_visitor_get_the_same_bytes(meeting: Meeting, maker: str) -> None:
    """Of the page, and once it is closed, whatever its owner keeps for whom."""
    await meeting.block(maker)
    for owner, viewer in ((AMARA, OTHER), (JOOST, ME)):
        visitor, member = [await meeting.article(owner, part) for part in ("visitor", viewer)]
        assert visitor == member
        assert "for everyone" in visitor
    meeting.stoa.clock.now += timedelta(minutes=1)
    await (await meeting.stoa.browser(OTHER)).post("/profile/public", data={"action": "off"})
    answers = [await meeting.get(JOOST, part) for part in ("visitor", ME)]
    assert {answer[:3] for answer in answers} == {"410"}, "it was public once"


async def test_blocking_muting_and_their_lists(meeting: Meeting) -> None:
    amara, joost = await meeting.stoa.browser(ME), await meeting.stoa.browser(OTHER)
    page = await meeting.get(f"{JOOST}/block")
    assert "Joost van Dijk" in page
    assert "They are not told" in page
    assert (await amara.post(f"{JOOST}/mute")).headers["location"] == JOOST
    for _ in range(2):
        await meeting.block(ME)
    listed = await meeting.get("/settings/blocks")
    assert len(_REFERENCE.findall(listed)) == 2, "blocked and muted"
    headers = {"hx-request": "true", "hx-request-type": "partial", "hx-target": "section#form"}
    block = await amara.get("/settings/blocks", headers=headers)
    assert (block.status_code, _REFERENCE.findall(block.text)) == (200, _REFERENCE.findall(listed))
    assert "You block this person" in await meeting.get(JOOST)
    assert "You block" not in await meeting.get(AMARA, OTHER)
    assert _REFERENCE.findall(await meeting.get("/settings/blocks", OTHER)) == []
    await joost.post(f"{AMARA}/unblock", data=YES)
    assert "You block this person" in await meeting.get(JOOST), "only who made it ends it"
    for _ in range(2):
        assert (await amara.post(f"{JOOST}/unblock", data=YES)).headers["location"] == JOOST
    assert "Interim manager" in await meeting.get(JOOST)
    assert "You are connected" not in await meeting.get(JOOST), "what it ended does not come back"
    [reference] = _REFERENCE.findall(await meeting.get("/settings/blocks"))
    await joost.post("/settings/mutes/end", data={"person": reference})
    assert f'action="{JOOST}/unmute"' in await meeting.get(JOOST), "it names him in her own form alone"
    assert (await amara.post(f"{JOOST}/unmute")).headers["location"] == JOOST
    assert _REFERENCE.findall(await meeting.get("/settings/blocks")) == []
    await amara.post(f"{JOOST}/mute")
    ended = await amara.post("/settings/mutes/end", data={"person": reference})
    assert (ended.status_code, ended.headers["location"]) == (303, "/settings/blocks")
    assert _REFERENCE.findall(await meeting.get("/settings/blocks")) == []


async def test_whom_one_blocks_and_sees_no_more_can_be_unblocked(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    await browser.post("/people/lin-page/block")
    assert (await browser.get("/people/lin-page")).status_code in (404, 410)
    listed = (await browser.get("/settings/blocks")).text
    assert "Lin Meiling" not in listed
    assert "lin-page" not in listed, "an address tells who it is"
    [reference] = _REFERENCE.findall(listed)
    for part, named in (("amara", reference), ("joost", "0" * 24)):
        await (await stoa.browser(part)).post("/settings/blocks/end", data={"person": named, **YES})
    assert (await browser.get("/people/lin-page")).status_code in (404, 410)
    asked = await browser.post("/settings/blocks/end", data={"person": reference})
    assert (asked.status_code, "confirm_widening" in asked.text, reference in asked.text) == (422, True, True)
    assert (await browser.get("/people/lin-page")).status_code in (404, 410), "nothing opens before the yes"
    ended = await browser.post("/settings/blocks/end", data={"person": reference, **YES})
    assert (ended.status_code, ended.headers["location"]) == (303, "/settings/blocks")
    assert (await browser.get("/people/lin-page")).status_code == 200


@pytest.mark.parametrize("act", ["block", "mute", "unblock", "unmute", "disconnect"])
async def test_hidden_and_unknown_people_are_the_same(stoa: Stoa, act: str) -> None:
    lin, joost = await stoa.browser("lin"), await stoa.browser("joost")
    await lin.post("/profile/edit", data={"name": "Lin Meiling", "name.audience": "only-me"})
    hidden, unknown = [
        await joost.post(f"/people/{address}/{act}", data=YES) for address in ("lin-page", "no-such-page")
    ]
    assert hidden.status_code == unknown.status_code == (404 if act in {"block", "mute"} else 303)
    places = [str(answer.headers.get("location")) for answer in (hidden, unknown)]
    assert places[0].replace("lin-page", "x") == places[1].replace("no-such-page", "x")
    assert hidden.text.replace("lin-page", "x") == unknown.text.replace("no-such-page", "x")
    pages = [await joost.get(f"/people/{address}/block") for address in ("lin-page", "no-such-page")]
    assert [page.status_code for page in pages] == [404, 404]


async def test_nobody_learns_of_a_mute(stoa: Stoa) -> None:
    joost = await stoa.browser("joost")
    pages = (AMARA, "/settings/blocks", "/connections")
    before = [(await joost.get(path)).text for path in pages]
    assert await mute(stoa.database, stoa.world["amara"].viewer, "joost-page", NOON) is None
    assert [(await joost.get(path)).text for path in pages] == before
    assert 'action="/people/joost-page/unmute"' in (await (await stoa.browser("amara")).get(JOOST)).text


async def test_visitors_block_nobody(stoa: Stoa) -> None:
    browser = await stoa.browser()
    for act in ("block", "unblock", "mute", "unmute", "disconnect"):
        assert (await browser.post(f"{AMARA}/{act}")).status_code == 401
