"""Twin worlds: two databases that differ only in what somebody may not see give them the same bytes.

That catches what no canary shows: order, counts, lengths, dates and errors that tell of something hidden. Everybody
who looks has another world of their own, and asks in both for the things of the first one.
"""

import re
import sys
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import pytest

from tests.leaks.asking import Answer
from tests.leaks.asks import Ask, Route
from tests.leaks.conftest import Opening
from tests.leaks.crawling import Theatre, is_asked_by
from tests.leaks.oracle import VIEWERS
from tests.leaks.specimens import route_table
from tests.leaks.twinning import make_other

MAKERS = ("token_urlsafe", "token_hex", "token_bytes")
ON_POSTGRESQL = ("visitor", "tariq", "connie", "bruno")
TWINS = [*(("sqlite", viewer) for viewer in VIEWERS), *(("postgresql", viewer) for viewer in ON_POSTGRESQL)]


@pytest.fixture
def same_chances(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What is drawn by lot is counted instead; returns how to begin again."""
    counter = [count()]

    def draw(size: int = 16) -> str:
        return f"{next(counter[0]):0{2 * size}x}"

    for module in [module for name, module in sys.modules.items() if name.partition(".")[0] in {"web", "storage"}]:
        for maker in MAKERS[:2]:
            if hasattr(module, maker):
                monkeypatch.setattr(module, maker, draw)
    monkeypatch.setattr("secrets.token_urlsafe", draw)
    monkeypatch.setattr("secrets.token_hex", draw)

    def begin() -> None:
        counter[0] = count()

    return begin


Whole = tuple[int, tuple[tuple[bytes, bytes], ...], bytes]
Bytes = dict[tuple[str, str, str], Whole]


async def _everything(theatre: Theatre, viewer: str, begin: Any, routes: Iterable[Route] | None = None) -> Bytes:
    """Each answer whole, for every route; forms are rehearsed."""
    answers: Bytes = {}
    for method, template in routes or route_table(theatre.app):
        for number, asked in enumerate(theatre.specimens[method, template](theatre.planted)):
            if not is_asked_by(viewer, (method, template), asked):
                continue
            begin()
            asking = theatre.rehearse(viewer, asked) if method == "POST" else theatre.ask(viewer, asked)
            answer = await asking
            answers[method, template, f"{number} {asked.path}"] = _masked(theatre, method, asked, answer)
    return answers


def _masked(theatre: Theatre, method: str, asked: Ask, answer: Answer) -> Whole:
    """The answer without what the viewer brought along, and without the id of a row that was just made: ids are given
    in turn, so a new one tells how much is written here in all (see SECURITY.md)."""
    body, headers = answer.body, answer.headers
    for token in (*theatre.planted.mail_tokens.values(), *(asked.form or {}).values()):
        if len(token) < 16:
            continue
        body = body.replace(token.encode(), b"*")
        headers = tuple((name, value.replace(token.encode(), b"*")) for name, value in headers)
    if method == "POST" and asked.path == "/settings/feeds":
        body = re.sub(rb"/settings/feeds/[0-9]+/revoke", b"/settings/feeds/0/revoke", body)
    if method == "POST" and answer.status == 303:
        headers = tuple(
            (name, re.sub(rb"[0-9]+", b"0", value) if name == b"location" else value) for name, value in headers
        )
    return answer.status, headers, body


def different(one: Bytes, other: Bytes) -> list[tuple[str, int, int, bytes]]:
    """Where two worlds do not answer alike."""
    return [
        (" ".join(key), mine[0], other[key][0], _where(mine, other[key]))
        for key, mine in one.items()
        if mine != other[key]
    ]


@pytest.mark.parametrize(("engine", "viewer"), TWINS)
async def test_twin_worlds_look_alike(viewer: str, open_copy: Opening, same_chances: Any) -> None:
    found = [await _everything(await open_copy("one"), viewer, same_chances)]
    theatre = await open_copy("other")
    await make_other(theatre, viewer)
    found.append(await _everything(theatre, viewer, same_chances))
    one, other = found
    assert one.keys() == other.keys()
    assert different(one, other)[:10] == []
    assert len(one) > (700 if viewer not in {"bearer", "barred-bearer"} else 20)


def _where(one: Whole, other: Whole) -> bytes:
    """The first bytes that differ, with what stands before."""
    for name, left, right in (("headers", repr(one[1]).encode(), repr(other[1]).encode()), ("body", one[2], other[2])):
        for place, (mine, theirs) in enumerate(zip(left, right, strict=False)):
            if mine != theirs:
                return (
                    name.encode() + b": " + left[max(0, place - 60) : place + 20] + b" | " + right[place : place + 20]
                )
    return b"length"
