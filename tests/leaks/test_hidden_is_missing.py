"""Hidden equals missing: whoever may not see a thing gets for it, byte for byte, what was never there."""

import re
from collections.abc import Iterator

import pytest

from tests.leaks.asking import Answer
from tests.leaks.asks import UNKNOWN, Ask
from tests.leaks.crawling import PLAIN, Theatre, partial
from tests.leaks.oracle import BEARERS, BOARDROOM, NOBODY, VAULT, VIEWERS, readers_of_entry
from tests.leaks.owners import state_of
from tests.leaks.planted import Planted

OWNER = frozenset({"olga"})
Hidden = tuple[str, frozenset[str], str, str]
"""Method, those who may see it, the address of what is hidden from all others, and that of what never was."""

_PAGES_OF = (
    "suspended everyone-owner",
    "unconfirmed members-owner",
    "settled members-owner",
    "settled sig:turnaround-owner",
    "settled connections-owner",
    "settled list-owner",
    "settled only-me-owner",
    "page-off everyone-owner",
    "left sig:boardroom-owner",
)


def _hidden(planted: Planted) -> Iterator[Hidden]:
    yield from _hidden_talk(planted)
    yield from _hidden_sigs(planted)
    yield from _hidden_pages(planted)
    yield from _hidden_belongings(planted)


def _hidden_talk(planted: Planted) -> Iterator[Hidden]:
    closed, lost = planted.threads["boardroom"], planted.threads["turnaround deleted"]
    for readers, thread in ((BOARDROOM, closed), (OWNER, lost), (VAULT, planted.threads["vault"])):
        yield "GET", readers, f"/threads/{thread}", f"/threads/{UNKNOWN}"
        yield "GET", readers, f"/threads/{thread}?page=2", f"/threads/{UNKNOWN}?page=2"
        yield "GET", readers, f"/threads/{thread}/feed", f"/threads/{UNKNOWN}/feed"
        yield "POST", readers, f"/threads/{thread}/replies", f"/threads/{UNKNOWN}/replies"
    for readers, post in ((BOARDROOM, "boardroom"), (OWNER, "turnaround lost"), (VAULT, "vault")):
        yield "GET", readers, f"/posts/{planted.posts[post]}", f"/posts/{UNKNOWN}"
    for act in ("edit", "delete", "restore", "accept"):
        for readers, post in ((BOARDROOM, "boardroom"), (OWNER, "turnaround deleted"), (VAULT, "vault")):
            yield "POST", readers, f"/posts/{planted.posts[post]}/{act}", f"/posts/{UNKNOWN}/{act}"
    for post in ("boardroom", "turnaround", "turnaround deleted"):
        yield "GET", OWNER, f"/posts/{planted.posts[post]}/edit", f"/posts/{UNKNOWN}/edit"


def _hidden_sigs(planted: Planted) -> Iterator[Hidden]:
    for act in ("", "/threads/new", "/feed"):
        yield "GET", VAULT, f"/sigs/{planted.vault}{act}", f"/sigs/no-such-sig{act}"
    for act in ("join", "leave", "threads/new"):
        yield "POST", VAULT, f"/sigs/{planted.vault}/{act}", f"/sigs/no-such-sig/{act}"
    yield "GET", BOARDROOM, "/sigs/boardroom/feed", "/sigs/no-such-sig/feed"
    yield "GET", VAULT, f"/communities/{planted.hidden_community}", "/communities/no-such-community"


def _hidden_pages(planted: Planted) -> Iterator[Hidden]:
    """Pages of people, what hangs on them, and photos."""
    for owner in _PAGES_OF:
        state, audience = state_of(owner)
        readers = readers_of_entry("headline", audience, state)
        for what in ("", "/feed", "/lists"):
            yield "GET", readers, f"/people/{planted.world[owner].public_id}{what}", f"/people/no-such-page{what}"
        yield "POST", readers, f"/people/{planted.world[owner].public_id}/lists", "/people/no-such-page/lists"
        yield "GET", readers, f"/photos/{planted.photos[owner]}/64", f"/photos/{'A' * 22}/64"
        view = "/profile/view-as?looker=person&person="
        yield "GET", readers, f"{view}{planted.world[owner].public_id}", f"{view}no-such-page"


def _hidden_belongings(planted: Planted) -> Iterator[Hidden]:
    """What belongs to one member alone."""
    others = planted.lists["settled list-owner"]
    yield "GET", NOBODY, f"/lists/{others}", f"/lists/{UNKNOWN}"
    for act in ("delete", "forget-unseen"):
        yield "POST", NOBODY, f"/lists/{others}/{act}", f"/lists/{UNKNOWN}/{act}"
    for part, readers in (("olga", OWNER), ("settled members-owner", NOBODY)):
        yield "GET", readers, f"/profile/receipts/{planted.receipts[part]}", f"/profile/receipts/{UNKNOWN}"
    yield "GET", NOBODY, f"/profile/view-as?looker=list:{others}", f"/profile/view-as?looker=list:{UNKNOWN}"
    vault = planted.world.sigs["vault"]
    yield "GET", VAULT, f"/profile/view-as?looker=sig:{vault}", f"/profile/view-as?looker=sig:{UNKNOWN}"
    mine = frozenset({"bodil"})
    yield "POST", mine, "/settings/feeds/1/revoke", f"/settings/feeds/{UNKNOWN}/revoke"


def _masked(answer: Answer, path: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """The answer without the viewer's own words: the path that they asked comes back in sign-in links, and what they
    typed in forms."""
    place, _, query = path.partition("?")
    said = [place.encode(), place.encode().replace(b"/", b"%2F")]
    said += [query.rpartition("person=")[2].encode()] if "person=" in query else []
    spelled = re.compile(b"|".join(map(re.escape, said)))
    headers = [(name, spelled.sub(b"*", value)) for name, value in answer.headers if name != b"content-length"]
    return answer.status, headers, spelled.sub(b"*", answer.body)


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True)
async def test_what_is_hidden_is_what_is_missing(theatre: Theatre, engine: str) -> None:
    form = {"title": "A new matter", "body": "Text.", "version": "1"}
    compared, told = 0, []
    for method, readers, hidden, missing in _hidden(theatre.planted):
        for viewer in VIEWERS:
            if viewer in readers or viewer in BEARERS:
                continue
            answers = []
            for path in (hidden, missing):
                asked = Ask(path, form)
                answer = await (theatre.rehearse(viewer, asked) if method == "POST" else theatre.ask(viewer, asked))
                answers.append(_masked(answer, path))
            compared += 1
            if answers[0] != answers[1]:
                told.append(f"{viewer}: {method} {hidden} {answers[0][0]} is not {missing} {answers[1][0]}")
    assert told == []
    assert compared > 1500


async def test_blocks_of_hidden_things_are_missing_too(theatre: Theatre) -> None:
    for block in ("main", "side", "threads", "reply"):
        form = partial(block)
        hidden = f"/threads/{theatre.planted.threads['boardroom']}"
        answers = [
            _masked(await theatre.ask("tariq", Ask(path), form), path) for path in (hidden, f"/threads/{UNKNOWN}")
        ]
        assert answers[0] == answers[1]


async def test_the_comparison_notices_a_difference(theatre: Theatre) -> None:
    """The comparison is not blind: what tariq may see is not like what is missing."""
    paths = f"/threads/{theatre.planted.threads['turnaround']}", f"/threads/{UNKNOWN}"
    one, other = [_masked(await theatre.ask("tariq", Ask(path), PLAIN), path) for path in paths]
    assert one[0] == 200
    assert other[0] == 404
