"""What pages tell programs: whether they may be listed, their one address, their neighbours, and who refuses."""

import pytest
from protego import Protego
from sqlalchemy import update

from domain.publicity import PRIVATE_AREAS, SHORTEST_OPENING
from storage.forum.removal import delete_post
from storage.tables import Member
from tests.cast import NOON
from tests.conftest import Stoa
from tests.web.heads import SITE, get, is_indexable, link, meta, reply_in, start
from web.policy import Caller, policy_of
from web.routes import all_routes

# noindex.


async def test_pages_for_no_index_say_so_twice(stoa: Stoa) -> None:
    short = await start(stoa, body="Too short.")
    for path in (
        f"/threads/{short.thread_id}",
        "/people/joost-page",
        "/people/lin-page",
        "/sigs/turnaround?tag=law",
        "/sign-in",
        "/register",
        "/forgot",
        "/no/such/page",
        f"/threads/{stoa.world.closed_thread.thread_id}",
    ):
        answer = await get(stoa, path)
        assert not is_indexable(answer), path
        assert meta(answer.text, "robots") == answer.headers["x-robots-tag"] == "noindex", path


async def test_public_pages_are_listed(stoa: Stoa) -> None:
    thread = await start(stoa)
    for path in (
        "/",
        "/communities/strategy",
        "/sigs/turnaround",
        "/sigs/boardroom",
        "/about/terms",
        "/about/defaults",
    ):
        assert is_indexable(await get(stoa, path)), path
    assert is_indexable(await get(stoa, f"/threads/{thread.thread_id}"))


async def test_a_short_thread_is_listed_with_its_first_reply_and_no_longer_without(stoa: Stoa) -> None:
    short = await start(stoa, body="x" * (SHORTEST_OPENING - 1))
    path = f"/threads/{short.thread_id}"
    assert not is_indexable(await get(stoa, path))
    reply = await reply_in(stoa, short)
    assert is_indexable(await get(stoa, path))
    await delete_post(stoa.database, stoa.world["joost"].viewer, reply.post_id, NOON)
    assert not is_indexable(await get(stoa, path))


@pytest.mark.parametrize(("body", "is_listed"), [("x" * 79, False), ("x" * 80, True), (f"*{'x' * 79}*", False)])
async def test_the_text_counts_and_not_its_markup(stoa: Stoa, body: str, is_listed: bool) -> None:
    thread = await start(stoa, body=body)
    assert is_indexable(await get(stoa, f"/threads/{thread.thread_id}")) is is_listed


async def test_members_get_pages_that_nobody_keeps_and_without_previews(stoa: Stoa) -> None:
    thread = await start(stoa)
    answer = await get(stoa, f"/threads/{thread.thread_id}", "joost")
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    assert "ld+json" not in answer.text
    assert "og:" not in answer.text
    closed = await get(stoa, f"/threads/{stoa.world.closed_thread.thread_id}", "lin")
    assert closed.headers["x-robots-tag"] == "noindex"


# Canonical addresses.


async def test_each_page_names_itself_and_its_neighbours(stoa: Stoa) -> None:
    thread = await start(stoa)
    for _ in range(45):
        await reply_in(stoa, thread)
    path = f"{SITE}/threads/{thread.thread_id}"
    heads = [(await get(stoa, f"/threads/{thread.thread_id}?page={page}")).text for page in (1, 2, 3)]
    assert [link(text, "canonical") for text in heads] == [path, f"{path}?page=2", f"{path}?page=3"]
    assert [link(text, "prev") for text in heads] == [None, path, f"{path}?page=2"]
    assert [link(text, "next") for text in heads] == [f"{path}?page=2", f"{path}?page=3", None]


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/?utm_source=x", "/"),
        ("/sigs/turnaround?sort=x", "/sigs/turnaround"),
        ("/sigs/turnaround?tag=law", "/sigs/turnaround"),
        ("/sigs/turnaround?before=9000000000000000-7", "/sigs/turnaround?before=9000000000000000-7"),
        ("/sigs/turnaround?after=0-007", "/sigs/turnaround?after=0-7"),
        ("/communities/strategy?x", "/communities/strategy"),
    ],
)
async def test_canonical_addresses_carry_nothing_that_does_not_matter(stoa: Stoa, path: str, canonical: str) -> None:
    answer = await get(stoa, path)
    found = link(answer.text, "canonical")
    assert found == (SITE + canonical)


async def test_lists_lead_on(stoa: Stoa) -> None:
    for _ in range(35):
        await start(stoa)
    first = (await get(stoa, "/sigs/turnaround")).text
    following = link(first, "next")
    assert following
    assert following.startswith(f"{SITE}/sigs/turnaround?before=")
    second = (await get(stoa, following.removeprefix(SITE))).text
    assert link(second, "canonical") == following
    assert link(second, "prev")
    assert link(first, "prev") is None


# Refusing programs that learn.


async def test_a_page_whose_owner_refuses_says_so_to_programs(stoa: Stoa) -> None:
    refusing = update(Member).where(Member.c.public_id.in_(["amara-page", "lin-page"])).values(refuses_ai_since=NOON)
    async with stoa.database.writing() as connection:
        await connection.execute(refusing)
    answer = await get(stoa, "/people/amara-page")
    assert answer.headers["x-robots-tag"] == "noindex, noai, noimageai"
    robots = await get(stoa, "/robots.txt")
    assert robots.headers["content-type"].startswith("text/plain")
    assert "lin-page" not in robots.text, "who has no public page is not told of"
    parsed = Protego.parse(robots.text)
    assert not parsed.can_fetch(f"{SITE}/people/amara-page", "ChatGPT-User")
    assert parsed.can_fetch(f"{SITE}/people/joost-page", "ChatGPT-User")
    assert not parsed.can_fetch(f"{SITE}/people/joost-page", "GPTBot")
    assert list(parsed.sitemaps) == [f"{SITE}/sitemap.xml"]


_PUBLIC_THINGS = frozenset({"sigs", "posts", "people", "threads"})


def test_what_needs_signing_in_stands_in_a_private_area() -> None:
    """Or beside a public thing, which crawlers may come to."""
    for handler in all_routes():
        policy = policy_of(handler)
        if policy and "GET" in handler.http_methods and policy.caller not in (Caller.ANYONE, Caller.VISITOR):
            for path in handler.paths:
                assert path.startswith(PRIVATE_AREAS) or path.split("/")[1] in _PUBLIC_THINGS, path


# What standards name.


async def test_security_txt_says_whom_to_tell_and_until_when(stoa: Stoa) -> None:
    text = (await get(stoa, "/.well-known/security.txt")).text
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    assert fields["Contact"] == "mailto:stoa@localhost"
    assert fields["Canonical"] == f"{SITE}/.well-known/security.txt"
    assert fields["Expires"] == "2027-10-16T00:00:00Z"


async def test_password_keepers_are_sent_to_the_form(stoa: Stoa) -> None:
    answer = await get(stoa, "/.well-known/change-password")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/password")
