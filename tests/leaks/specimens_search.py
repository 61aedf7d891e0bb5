"""Specimens for search: every canary begins with the same two letters, so that a prefix asks for all of them at once.

No canary is asked for whole, because the page repeats what was typed; that such a search answers like any other is
tested in tests/web/test_search.py.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle

from domain.search import COMPLETIONS_SHOWN, RESULTS_A_PAGE, CompletionKind, SearchKind
from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.canaries import Canary
from tests.leaks.oracle import ALL, INSIDE
from tests.leaks.planted import Planted

_QUERIES = ("said", "zq", "zq%20said", "author:zq", "sig:boardroom%20zq", "%22", "", "%2B9", "somebody%20page")
_SOME_LETTERS = 8
"""Of an address that is a canary: enough to stand right before it, and not the whole."""


def _search(planted: Planted) -> Iterator[Ask]:
    for kind in SearchKind:
        yield Ask(f"/search?q=zq&typing=yes&kind={kind}", full=True)
        for query in _QUERIES:
            yield Ask(f"/search?q={query}&kind={kind}")
    for thread_id in (*planted.threads.values(), UNKNOWN):
        yield Ask(f"/search?q=in:{thread_id}%20zq&typing=yes&kind=replies")
        yield Ask(f"/search?q=in:{thread_id}")
    yield Ask("/search?q=zq&typing=yes&before=1-9000000000000000000&kind=replies")
    yield Ask("/search?q=zq&before=nonsense")
    for address in _addresses(planted):
        yield Ask(f"/search?q=zq&typing=yes&kind=people&before=0-{address}")


def _addresses(planted: Planted) -> Iterator[str]:
    """Behind which addresses to go on, so that everybody has a place on some page even if all of them are found: those
    that were drawn by lot are of hexadecimal digits, those of owners are canaries."""
    yield from "048c"
    of_owners = sorted(planted.world[owner].public_id for owner in planted.owners)
    yield from (address[:_SOME_LETTERS] for address in of_owners[:: RESULTS_A_PAGE // 2])


def _names(planted: Planted) -> list[Canary]:
    fields = {"entries.value[name]", "entries.value[connections]"}  # the latter are names of friends
    return [canary for canary in planted.cage.by_token.values() if canary.field in fields]


def _beginnings(names: Sequence[Canary], start: str = "zq") -> Iterator[str]:
    """How to begin so that each name that is kept from somebody is offered at some time, if nothing keeps it."""
    fitting = [name for name in names if name.token.startswith(start)]
    if all(name.told_at or name.readers == ALL for name in fitting):
        return
    if len(fitting) <= COMPLETIONS_SHOWN:
        yield start
        return
    for digit in "0123456789abcdef":
        yield from _beginnings(fitting, start + digit)


def _completions(planted: Planted) -> Iterator[Ask]:
    """The names are asked for by turns as one kind and the other, which draw them from one place."""
    for kind in (*CompletionKind, "no-such-kind"):
        for number, text in enumerate(("zq", "a", "", "joost")):
            yield Ask(f"/completions/{kind}?q={text}", full=number == 0)
    for kind, start in zip(cycle(CompletionKind), _beginnings(_names(planted)), strict=False):
        yield Ask(f"/completions/{kind}?q={start}", viewers=INSIDE)


SPECIMENS: dict[Route, Specimens] = {
    ("GET", "/search"): _search,
    ("GET", "/completions/{kind:str}"): _completions,
}
