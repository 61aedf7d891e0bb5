"""Twin worlds: two databases that differ only in what somebody may not see give them the same bytes.

That catches what no canary shows: order, counts, lengths, dates and errors that tell of something hidden. The other
world has other values wherever the viewer is no reader, and more threads, replies and tags behind doors.
"""

import re
import shutil
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.leaks.asking import Answer
from tests.leaks.canaries import Salt, one_world
from tests.leaks.conftest import open_theatre
from tests.leaks.crawling import Theatre
from tests.leaks.oracle import stand_in
from tests.leaks.specimens import Ask, route_table

MAKERS = ("token_urlsafe", "token_hex", "token_bytes")


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


def other_for(viewer: str) -> Salt:
    """Another value wherever the viewer may not see it."""

    def salt(readers: frozenset[str], owner: str) -> str:
        return "" if viewer == owner or stand_in(viewer) in readers else "other"

    return salt


Bytes = dict[tuple[str, str, str], tuple[int, tuple[tuple[bytes, bytes], ...], bytes]]


async def _everything(theatre: Theatre, viewer: str, begin: Any) -> Bytes:
    """Each answer whole, for every route; forms are rehearsed."""
    answers: Bytes = {}
    for method, template in route_table(theatre.app):
        for number, asked in enumerate(theatre.specimens[method, template](theatre.planted)):
            begin()
            asking = theatre.rehearse(viewer, asked) if method == "POST" else theatre.ask(viewer, asked)
            answer = await asking
            answers[method, template, str(number)] = _masked(theatre, method, asked, answer)
    return answers


def _masked(
    theatre: Theatre, method: str, asked: Ask, answer: Answer
) -> tuple[int, tuple[tuple[bytes, bytes], ...], bytes]:
    """The answer without what the viewer brought along, and without the id of a row that was just made: ids are given
    in turn, so a new one tells how much is written here in all (see SECURITY.md)."""
    body, headers = answer.body, answer.headers
    for token in (*theatre.planted.mail_tokens.values(), *(asked.form or {}).values()):
        if len(token) < 16:
            continue
        body = body.replace(token.encode(), b"*")
        headers = tuple((name, value.replace(token.encode(), b"*")) for name, value in headers)
    if method == "POST" and answer.status == 303:
        headers = tuple(
            (name, re.sub(rb"[0-9]+", b"0", value) if name == b"location" else value) for name, value in headers
        )
    return answer.status, headers, body


@pytest.mark.parametrize("viewer", ["visitor", "tariq", "joost"])
async def test_twin_worlds_look_alike(
    viewer: str, sqlite_template: Path, tmp_path: Path, same_chances: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Bytes] = []
    for name, salt, extras in (("one", one_world, False), ("other", other_for(viewer), True)):
        home = tmp_path / name
        home.mkdir()
        shutil.copy(sqlite_template, home / "stoa.db")
        if found:
            shutil.copy(tmp_path / "one" / "secrets.json", home / "secrets.json")
        same_chances()
        url = f"sqlite+aiosqlite:///{home / 'stoa.db'}"
        async with open_theatre(url, home, salt=salt, extras=extras) as theatre:
            found.append(await _everything(theatre, viewer, same_chances))
    one, other = found
    assert one.keys() == other.keys()
    different = [
        (" ".join(key), mine[0], other[key][0], _where(mine, other[key]))
        for key, mine in one.items()
        if mine != other[key]
    ]
    assert different == []
    assert len(one) > 200


def _where(one: tuple[int, Any, bytes], other: tuple[int, Any, bytes]) -> bytes:
    """The first bytes that differ, with what stands before."""
    for name, left, right in (("headers", repr(one[1]).encode(), repr(other[1]).encode()), ("body", one[2], other[2])):
        for place, (mine, theirs) in enumerate(zip(left, right, strict=False)):
            if mine != theirs:
                return (
                    name.encode() + b": " + left[max(0, place - 60) : place + 20] + b" | " + right[place : place + 20]
                )
    return b"length"
