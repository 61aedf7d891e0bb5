"""Hidden equals missing: whoever may not see a thing gets for it, byte for byte, what was never there."""

import re
from collections.abc import Iterator

from tests.leaks.asking import Answer
from tests.leaks.crawling import PLAIN, Theatre, partial
from tests.leaks.oracle import VIEWERS
from tests.leaks.planting import Planted
from tests.leaks.specimens import UNKNOWN, Ask

Pair = tuple[str, frozenset[str], str, str, str]
"""Method, who may see it, the path of the hidden thing, that of a missing one, and the last word of each to mask."""

BOARDROOM = frozenset({"bodil", "lin", "amara", "olga"})
VAULT = frozenset({"amara", "bodil"})
OWNER = frozenset({"olga"})


def _hidden(planted: Planted) -> Iterator[tuple[str, frozenset[str], str, str]]:
    """Method, those who may see it, the address of what is hidden from all others, and that of what never was."""
    closed, lost = planted.threads["boardroom"], planted.threads["turnaround deleted"]
    for readers, thread in ((BOARDROOM, closed), (OWNER, lost), (VAULT, planted.threads["vault"])):
        yield "GET", readers, f"/threads/{thread}", f"/threads/{UNKNOWN}"
        yield "GET", readers, f"/threads/{thread}?page=2", f"/threads/{UNKNOWN}?page=2"
        yield "POST", readers, f"/threads/{thread}/replies", f"/threads/{UNKNOWN}/replies"
    for readers, post in ((BOARDROOM, "boardroom"), (OWNER, "turnaround lost"), (VAULT, "vault")):
        yield "GET", readers, f"/posts/{planted.posts[post]}", f"/posts/{UNKNOWN}"
    for act in ("edit", "delete", "restore", "accept"):
        for readers, post in ((BOARDROOM, "boardroom"), (OWNER, "turnaround deleted"), (VAULT, "vault")):
            yield "POST", readers, f"/posts/{planted.posts[post]}/{act}", f"/posts/{UNKNOWN}/{act}"
    for post in ("boardroom", "turnaround", "turnaround deleted"):
        yield "GET", OWNER, f"/posts/{planted.posts[post]}/edit", f"/posts/{UNKNOWN}/edit"
    for act in ("", "/threads/new"):
        yield "GET", VAULT, f"/sigs/{planted.vault}{act}", f"/sigs/no-such-sig{act}"
    for act in ("join", "leave", "threads/new"):
        yield "POST", VAULT, f"/sigs/{planted.vault}/{act}", f"/sigs/no-such-sig/{act}"
    yield "GET", VAULT, f"/communities/{planted.hidden_community}", "/communities/no-such-community"
    for owner in ("olga", "suspended everyone-owner", "unconfirmed members-owner", "settled connections-owner"):
        yield "GET", frozenset({owner}), f"/people/{planted.world[owner].public_id}", "/people/no-such-page"


def _masked(answer: Answer, path: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """The answer without the viewer's own words: the path that they asked comes back in sign-in links."""
    place = path.partition("?")[0].encode()
    spelled = re.compile(re.escape(place) + b"|" + re.escape(place.replace(b"/", b"%2F")))
    headers = [(name, spelled.sub(b"*", value)) for name, value in answer.headers if name != b"content-length"]
    return answer.status, headers, spelled.sub(b"*", answer.body)


async def test_what_is_hidden_is_what_is_missing(theatre: Theatre, engine: str) -> None:
    form = {"title": "A new matter", "body": "Text.", "version": "1"}
    compared, told = 0, []
    for method, readers, hidden, missing in _hidden(theatre.planted):
        for viewer in VIEWERS:
            if viewer in readers:
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
    assert compared > 300


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
