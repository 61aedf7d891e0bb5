"""Specimens for scraps: the board of every owner, their own lists, and each kind of scrap by its address."""

from collections.abc import Iterator

from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.own_pages import SOME_OWNERS
from tests.leaks.planted import Planted
from tests.leaks.planting_scraps import BUSY

_TARGETS = ("private", "waiting", "hidden", "former", "deleted", "reply")


def _board_path(planted: Planted, part: str) -> str:
    return f"/people/{planted.world[part].public_id}/scraps"


def _boards(planted: Planted) -> Iterator[Ask]:
    for number, owner in enumerate((*planted.owners, "olga", "amara", "sven", "nina")):
        yield Ask(_board_path(planted, owner), full=number == 0)
    busy = _board_path(planted, BUSY)
    for what in _TARGETS:
        yield Ask(f"{busy}?reply_to={planted.scraps[what]}")
        yield Ask(f"{busy}?before={planted.scraps[what]}")
    yield Ask(f"{busy}?after=0")
    yield Ask("/people/no-such-page/scraps", full=True)


def _leave(planted: Planted) -> Iterator[Ask]:
    whole = {"body": "Text.", "submission": "crawl"}
    for owner in (*SOME_OWNERS, "olga"):
        for form in (whole, {**whole, "private": "yes"}, {"body": ""}, {**whole, "action": "preview"}):
            yield Ask(_board_path(planted, owner), form)
    for what in _TARGETS:
        yield Ask(_board_path(planted, BUSY), {**whole, "reply_to": str(planted.scraps[what])})
        yield Ask(_board_path(planted, "olga"), {"reply_to": str(planted.scraps[what]), "action": "preview"})
    yield Ask("/people/no-such-page/scraps", whole)


def _mine(planted: Planted) -> Iterator[Ask]:
    yield Ask("/scraps", full=True)
    for scrap_id in sorted(planted.scraps.values(), reverse=True)[::8]:
        yield Ask(f"/scraps?before={scrap_id}")


def _ids(planted: Planted) -> tuple[int, ...]:
    return (*(scrap_id for name, scrap_id in planted.scraps.items() if name not in planted.owners), UNKNOWN)


def _places(planted: Planted) -> Iterator[Ask]:
    for number, scrap_id in enumerate((*_ids(planted), *(planted.scraps[owner] for owner in SOME_OWNERS))):
        yield Ask(f"/scraps/{scrap_id}", full=number < 2)


def _act(act: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for scrap_id in (*_ids(planted), planted.scraps[BUSY]):
            yield Ask(f"/scraps/{scrap_id}/{act}", {})

    return specimens


SPECIMENS: dict[Route, Specimens] = {
    ("GET", "/people/{address:str}/scraps"): _boards,
    ("POST", "/people/{address:str}/scraps"): _leave,
    ("GET", "/scraps"): _mine,
    ("GET", "/scraps/{scrap_id:int}"): _places,
    ("POST", "/scraps/{scrap_id:int}/release"): _act("release"),
    ("POST", "/scraps/{scrap_id:int}/hide"): _act("hide"),
    ("POST", "/scraps/{scrap_id:int}/delete"): _act("delete"),
    ("POST", "/scraps/{scrap_id:int}/take-back"): _act("take-back"),
}
