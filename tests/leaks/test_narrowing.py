"""Narrowing is immediate: what somebody takes back is gone with the very next request, everywhere, and comes back
only when they say so."""

from urllib.parse import urlencode

from domain.members import ENTRY_RULES
from tests.leaks.asking import Answer, ask, form_headers
from tests.leaks.crawling import Theatre
from tests.leaks.specimens import Ask
from web.visits import SESSION_COOKIE

OWNER = "settled everyone-owner"


async def _send(theatre: Theatre, viewer: str, path: str, form: dict[str, str]) -> Answer:
    body = urlencode(form).encode()
    headers = [*form_headers(len(body)), ("cookie", f"{SESSION_COOKIE}={theatre.planted.sessions[viewer]}")]
    return await ask(theatre.app, path, method="POST", headers=headers, body=body)


def _profile(theatre: Theatre, owner: str, audience: str, *, public_page: bool = True) -> dict[str, str]:
    """The owner's form with one audience for all, and the values that are there."""
    values = {
        canary.field.partition("[")[2].rstrip("]"): canary.token
        for canary in theatre.planted.cage.all
        if canary.owner == owner and canary.field.startswith("entries.value")
    }
    form = {kind: values.get(kind, "") for kind in ENTRY_RULES} | {"gender": "other"}
    form |= {f"{kind}.audience": audience for kind in ENTRY_RULES} | {"confirm_widening": "yes"}
    form["email.audience"] = "members" if audience == "everyone" else audience
    return form | ({"public_page": "yes"} if public_page else {})


async def _pages(theatre: Theatre, viewer: str) -> str:
    """The owner's page, the thread they wrote in, and the front, as this viewer gets them now."""
    planted = theatre.planted
    paths = [f"/people/{planted.world[OWNER].public_id}", "/"]
    paths += [f"/threads/{planted.threads['turnaround']}?page={number}" for number in (1, 2, 3)]
    return "".join([(await theatre.ask(viewer, Ask(path))).text for path in paths])


def _name(theatre: Theatre) -> str:
    person = next(c for c in theatre.planted.cage.all if c.owner == OWNER and c.field == "entries.value[name]")
    return person.token


async def test_a_narrower_audience_holds_at_once(theatre: Theatre) -> None:
    name = _name(theatre)
    for audience, seeing in (
        ("everyone", {"visitor", "tariq", "joost", "bodil"}),
        ("members", {"tariq", "joost", "bodil"}),
        ("sig:1", {"joost"}),
        ("everyone", {"visitor", "tariq", "joost", "bodil"}),
        ("my-sigs", {"joost", "bodil"}),
        ("only-me", set()),
    ):
        done = await _send(theatre, OWNER, "/profile/edit", _profile(theatre, OWNER, audience))
        assert done.status == 303, done.text
        found = {viewer for viewer in ("visitor", "tariq", "joost", "bodil") if name in await _pages(theatre, viewer)}
        assert found == seeing, audience


async def test_the_public_page_goes_with_its_switch(theatre: Theatre) -> None:
    path, name = f"/people/{theatre.planted.world[OWNER].public_id}", _name(theatre)
    assert (await theatre.ask("visitor", Ask(path))).status == 200
    form = _profile(theatre, OWNER, "everyone", public_page=False)
    assert (await _send(theatre, OWNER, "/profile/edit", form)).status == 303
    answer, missing = await theatre.ask("visitor", Ask(path)), await theatre.ask("visitor", Ask("/people/none"))
    assert answer.status in {404, 410}
    assert name not in await _pages(theatre, "visitor")
    assert answer.status == 410 or answer.body.replace(path.encode(), b"/people/none") == missing.body
    assert name in await _pages(theatre, "tariq")


async def test_leaving_a_sig_closes_what_was_for_it(theatre: Theatre) -> None:
    """Both ways: the leaver's entries close to the SIG, and the SIG closes to the leaver."""
    owner, planted = "settled sig:boardroom-owner", theatre.planted
    page, thread = Ask(f"/people/{planted.world[owner].public_id}"), Ask(f"/threads/{planted.threads['boardroom']}")
    assert [(await theatre.ask("bodil", page)).status, (await theatre.ask(owner, thread)).status] == [200, 200]
    assert (await _send(theatre, owner, "/sigs/boardroom/leave", {})).status == 303
    assert [(await theatre.ask("bodil", page)).status, (await theatre.ask(owner, thread)).status] == [404, 404]
    assert (await _send(theatre, owner, "/sigs/boardroom/join", {})).status == 303
    assert [(await theatre.ask("bodil", page)).status, (await theatre.ask(owner, thread)).status] == [200, 200]


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
    for viewer in ("visitor", "tariq", "joost", "amara"):
        for asked in (path, f"/threads/{planted.threads['turnaround']}?reply_to={post}", f"/posts/{post}/edit"):
            assert canary.token not in (await theatre.ask(viewer, Ask(asked))).text
    assert (await _send(theatre, "olga", f"/posts/{post}/restore", {})).status == 303
    assert canary.token in (await theatre.ask("visitor", Ask(path))).text


async def test_a_session_that_ended_sees_as_a_visitor(theatre: Theatre) -> None:
    asked = Ask(f"/threads/{theatre.planted.threads['boardroom']}")
    assert (await theatre.ask("bodil", asked)).status == 200
    assert (await _send(theatre, "bodil", "/sign-out", {})).status == 303
    assert (await theatre.ask("bodil", asked)).status == 404
