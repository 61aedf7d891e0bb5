"""Specimens for what is between people: requests, connections, blocks, mutes, and who may reach one."""

from collections.abc import Iterator, Mapping

from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.own_pages import SOME_OWNERS
from tests.leaks.planted import Planted


def _plain(path: str, *queries: str) -> Specimens:
    def specimens(_: Planted) -> Iterator[Ask]:
        yield Ask(path, full=True)
        for query in queries:
            yield Ask(f"{path}?{query}")

    return specimens


def _addresses(planted: Planted) -> tuple[str, ...]:
    named = (*SOME_OWNERS, "olga", "amara", "sven", "nina")
    return (*(planted.world[part].public_id for part in named), "no-such-page")


def _person(page: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for number, address in enumerate(_addresses(planted)):
            yield Ask(f"/people/{address}/{page}", full=number == 1)

    return specimens


def _person_act(act: str, *forms: Mapping[str, str]) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for address in _addresses(planted):
            for form in forms or ({},):
                yield Ask(f"/people/{address}/{act}", form)

    return specimens


def _answer(act: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for request_id in (*planted.requests.values(), UNKNOWN):
            yield Ask(f"/connections/requests/{request_id}/{act}", {})

    return specimens


def _end(path: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for reference in ("", "0" * 24, planted.world["amara"].public_id):
            for yes in ({}, {"confirm_widening": "yes"}):
                yield Ask(path, {"person": reference, **yes})

    return specimens


def _choose(planted: Planted) -> Iterator[Ask]:
    others = f"list:{planted.lists['settled list-owner']}"
    for audience in ("members", "only-me", "sig:4", f"sig:{UNKNOWN}", others, "everyone", "none"):
        yield Ask("/settings/channels", {"scrap": audience, "scrap-waits": "yes", "mention": audience})
    yield Ask("/settings/channels", {})


def _be_found(planted: Planted) -> Iterator[Ask]:
    for choice in ("yes", "no", "x"):
        yield Ask("/settings/search", {"found": choice})


SPECIMENS: dict[Route, Specimens] = {
    ("GET", "/connections"): _plain("/connections", "before=9000000000000000-1", "after=0-0", "before=x"),
    ("POST", "/connections/end"): _end("/connections/end"),
    ("POST", "/connections/requests/{request_id:int}/accept"): _answer("accept"),
    ("POST", "/connections/requests/{request_id:int}/decline"): _answer("decline"),
    ("POST", "/connections/requests/{request_id:int}/withdraw"): _answer("withdraw"),
    ("GET", "/people/{address:str}/connect"): _person("connect"),
    ("POST", "/people/{address:str}/connect"): _person_act("connect", {"note": "Hello."}, {"note": "n" * 501}),
    ("POST", "/people/{address:str}/disconnect"): _person_act("disconnect"),
    ("GET", "/about/blocks"): _plain("/about/blocks"),
    ("GET", "/settings/blocks"): _plain("/settings/blocks"),
    ("POST", "/settings/blocks/end"): _end("/settings/blocks/end"),
    ("POST", "/settings/mutes/end"): _end("/settings/mutes/end"),
    ("GET", "/people/{address:str}/block"): _person("block"),
    ("POST", "/people/{address:str}/block"): _person_act("block"),
    ("POST", "/people/{address:str}/unblock"): _person_act("unblock", {}, {"confirm_widening": "yes"}),
    ("POST", "/people/{address:str}/mute"): _person_act("mute"),
    ("POST", "/people/{address:str}/unmute"): _person_act("unmute"),
    ("GET", "/settings/channels"): _plain("/settings/channels", "saved=yes"),
    ("POST", "/settings/channels"): _choose,
    ("GET", "/settings/search"): _plain("/settings/search", "saved=yes"),
    ("POST", "/settings/search"): _be_found,
}
