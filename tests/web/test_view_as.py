"""One's own page through other eyes, over HTTP: the same bytes that they get, and nothing is written by looking."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from domain.members import EntryKind, Slot, write_record
from domain.sigs import Role
from storage.connections import connect, disconnect
from storage.members.editing import Typed
from storage.members.lists import make_list
from storage.photos import save_photo
from storage.sigs import add_membership
from storage.tables import ListPerson
from tests.agreeing import save_agreed
from tests.cast import NOON
from tests.conftest import Stoa
from tests.pictures import encode, picture

PLAIN = {"accept-encoding": "identity"}
_ARTICLE = re.compile(rb'<article id="person".*?</article>', re.DOTALL)


def _article(answer: httpx.Response) -> bytes:
    assert answer.status_code == 200
    (found,) = _ARTICLE.findall(answer.content)
    assert isinstance(found, bytes)
    return found


class Glass:
    """Amara's page, with something for everybody, as the cast gets it and as she sees them get it."""

    def __init__(self, stoa: Stoa) -> None:
        self.stoa, self.amara = stoa, stoa.world["amara"]
        self.list_id = 0

    async def furnish(self) -> None:
        """An entry for each audience, and what fills itself; she is here today."""
        await self.stoa.browser("amara")
        made = await make_list(self.stoa.database, self.amara.member_id, "Board", NOON)
        assert isinstance(made, int)
        self.list_id = made
        house, sig = self.stoa.app.state.house, self.stoa.world.sigs["turnaround"]
        await save_photo(house.database, house.files, self.amara.member_id, encode(picture()), NOON)
        async with self.stoa.database.writing() as connection:
            await connect(connection, self.amara.member_id, self.stoa.world["joost"].member_id, NOON)
        job = write_record(EntryKind.EXPERIENCE, {"role": "Fitter", "company": "Hall 3", "start": "2019-04"})
        link = write_record(EntryKind.LINK, {"address": "example.org", "label": "Work"})
        await self.save(
            {
                Slot(EntryKind.HEADLINE): ("Making <b>plants</b> & more", "everyone"),
                Slot(EntryKind.ABOUT): ("For the SIG.\n\nTwice.", f"sig:{sig}"),
                Slot(EntryKind.LOCATION): ("For my SIGs", "my-sigs"),
                Slot(EntryKind.INTERESTS): ("For members, all", "members"),
                Slot(EntryKind.OBJECTIVES): ("For connections", "connections"),
                Slot(EntryKind.SKILLS): ("For the list", f"list:{made}"),
                Slot(EntryKind.GENDER): ("woman", "only-me"),
                Slot(EntryKind.PHONE): ("+31 10 123 45", f"list:{made}"),
                Slot(EntryKind.EMAIL): (None, "connections"),
                Slot(EntryKind.CONNECTIONS): (None, "members"),
                Slot(EntryKind.CONTRIBUTIONS): (None, "everyone"),
                Slot(EntryKind.LAST_SEEN): (None, "members"),
                Slot(EntryKind.EXPERIENCE): (job, "members"),
                Slot(EntryKind.LINK): (link, "connections"),
            }
        )
        await self.save({Slot(EntryKind.CONNECTIONS): (None, "everyone")}, "joost")

    async def save(self, form: Typed, part: str = "amara") -> None:
        house, member_id = self.stoa.app.state.house, self.stoa.world[part].member_id
        assert await save_agreed(house.database, house.seal, member_id, form, NOON) is None

    async def get(self, part: str, path: str) -> httpx.Response:
        return await (await self.stoa.browser(part)).get(path, headers=PLAIN)

    async def through(self, looker: str, person: str = "") -> bytes:
        return _article(await self.get("amara", f"/profile/view-as?looker={looker}&person={person}"))

    async def got(self, part: str) -> bytes:
        return _article(await self.get(part, "/people/amara-page"))


@pytest.fixture
async def glass(stoa: Stoa) -> Glass:
    made = Glass(stoa)
    await made.furnish()
    return made


async def test_each_kind_of_eyes_gets_the_bytes_that_such_a_viewer_gets(glass: Glass) -> None:
    """Tariq plays them one after the other: a plain member, a connection, on a list, in a SIG."""
    world, sig = glass.stoa.world, glass.stoa.world.sigs["turnaround"]
    amara, tariq = world["amara"].member_id, world["tariq"].member_id
    on_list = {"list_id": glass.list_id, "member_id": tariq, "added_at": NOON}
    seen = {"visitor": await glass.got("visitor"), "member": await glass.got("tariq")}
    assert await glass.through("visitor") == await glass.through("search-engine") == seen["visitor"]
    assert await glass.through("member") == seen["member"]
    async with glass.stoa.database.writing() as connection:
        await connect(connection, amara, tariq, NOON)
    await glass.save({Slot(EntryKind.CONNECTIONS): (None, "only-me")})  # a connection of hers is on that list himself
    seen["connection"] = await glass.got("tariq")
    assert await glass.through("connection") == seen["connection"]
    await glass.save({Slot(EntryKind.CONNECTIONS): (None, "members")})
    async with glass.stoa.database.writing() as connection:
        await disconnect(connection, amara, tariq, NOON)
        await connection.execute(ListPerson.table.insert().values(on_list))
    seen["list"] = await glass.got("tariq")
    assert await glass.through(f"list:{glass.list_id}") == seen["list"]
    async with glass.stoa.database.writing() as connection:
        await connection.execute(ListPerson.table.delete())
        await add_membership(connection, tariq, sig, Role.MEMBER, NOON)
    seen["sig"] = await glass.got("tariq")
    assert await glass.through(f"sig:{sig}") == seen["sig"]
    assert len(set(seen.values())) == len(seen), "they all get something else"
    for part, words in (("connection", b"For connections"), ("list", b"For the list"), ("sig", b"For the SIG")):
        assert [name for name, article in seen.items() if words in article] == [part]


@pytest.mark.parametrize("part", ["joost", "lin", "tariq"])
async def test_a_named_person_of_the_cast_gets_these_bytes(glass: Glass, part: str) -> None:
    article = await glass.got(part)
    for address in (f"{part}-page", f"/people/{part}-page", f"https://127.0.0.1:8000/people/{part}-page/"):
        assert await glass.through("person", address) == article
    async with glass.stoa.database.writing() as connection:
        await connect(connection, glass.amara.member_id, glass.stoa.world[part].member_id, NOON)
    again = await glass.got(part)
    assert await glass.through("person", f"{part}-page") == again
    assert (again == article) == (part == "joost"), "a connection gets more; Joost was one"


async def test_the_article_holds_no_form_and_nothing_of_the_owners(glass: Glass) -> None:
    for looker in ("visitor", "member", "connection", f"list:{glass.list_id}"):
        article = await glass.through(looker)
        assert b"<form" not in article
        assert b"/profile/" not in article
    own = _article(await glass.get("amara", "/people/amara-page"))
    assert b"/profile/edit#about" in own


async def test_in_a_mail_stands_the_byline_and_no_more(glass: Glass) -> None:
    answer = await glass.get("amara", "/profile/view-as?looker=mail")
    assert answer.status_code == 200
    assert b"Amara Okafor" in answer.content
    assert b"For members" not in answer.content
    assert not _ARTICLE.search(answer.content)


@pytest.mark.parametrize("part", ["amara", "lin", "nina", "sven"])
async def test_exactly_is_the_whole_answer_that_a_visitor_gets(glass: Glass, part: str) -> None:
    exactly = await glass.get(part, "/profile/view-as/exactly")
    real = await glass.get("visitor", f"/people/{part}-page")
    assert (exactly.status_code, exactly.content) == (real.status_code, real.content)
    assert real.status_code == (200 if part == "amara" else 404)
    assert exactly.headers["cache-control"] == "no-store"


async def test_exactly_is_the_page_that_is_gone(glass: Glass) -> None:
    amara = await glass.stoa.browser("amara")
    glass.stoa.clock.now += timedelta(minutes=1)
    assert (await amara.post("/profile/public", data={"action": "off"})).status_code == 303
    exactly = await glass.get("amara", "/profile/view-as/exactly")
    real = await glass.get("visitor", "/people/amara-page")
    assert (exactly.status_code, exactly.content) == (real.status_code, real.content)
    assert real.status_code == 410
    shown = await glass.get("amara", "/profile/view-as?looker=visitor")
    assert shown.status_code == 200
    assert not _ARTICLE.search(shown.content)


async def _dump(stoa: Stoa) -> dict[str, list[Any]]:
    async with stoa.database.reading() as connection:
        return {
            table.name: sorted(map(repr, (await connection.execute(select(table))).all()))
            for table in SQLModel.metadata.sorted_tables
        }


async def test_looking_writes_nothing_and_sets_no_cookie(glass: Glass) -> None:
    await glass.stoa.browser("amara")
    before = await _dump(glass.stoa)
    assert before["entries"]
    looked = ["visitor", "search-engine", "member", "connection", "mail", f"list:{glass.list_id}", "person"]
    answers = [await glass.get("amara", f"/profile/view-as?looker={one}&person=joost-page") for one in looked]
    answers.append(await glass.get("amara", "/profile/view-as/exactly"))
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.headers.get_list("set-cookie") for answer in answers] == [[]] * len(answers)
    assert await _dump(glass.stoa) == before


async def test_whom_one_may_not_know_is_unknown_in_the_same_bytes(glass: Glass) -> None:
    await glass.save({Slot(EntryKind.NAME): (None, "only-me")}, "lin")
    answers = {
        address: await glass.get("amara", f"/profile/view-as?looker=person&person={address}")
        for address in ("lin-page", "nina-page", "sven-page", "nobody-at-all", "amara-page")
    }
    assert {answer.status_code for answer in answers.values()} == {200}
    bodies = {answer.text.replace(address, "somebody") for address, answer in answers.items()}
    own = answers["amara-page"].text
    assert len({body for body in bodies if body != own.replace("amara-page", "somebody")}) == 1
    assert not any(_ARTICLE.search(answer.content) for answer in answers.values())


@pytest.mark.parametrize(
    "query", ["looker=sig:999", "looker=list:999", "looker=staff", "looker=own:1", "looker=sig", "looker="]
)
async def test_eyes_that_are_not_ones_own_to_lend_are_missing(glass: Glass, query: str) -> None:
    assert (await glass.get("amara", f"/profile/view-as?{query}")).status_code == 404


async def test_a_long_or_odd_person_is_nobody(glass: Glass) -> None:
    for person in ("x" * 5000, "%2e%2e%2f", "%3Cscript%3E", "%E2%80%AE"):
        answer = await glass.get("amara", f"/profile/view-as?looker=person&person={person}")
        assert answer.status_code == 200
        assert b"<script>" not in answer.content.replace(b"<script src", b"")


@pytest.mark.parametrize("path", ["/profile/view-as", "/profile/view-as/exactly"])
async def test_visitors_have_no_page_to_look_at(stoa: Stoa, path: str) -> None:
    answer = await (await stoa.browser()).get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
