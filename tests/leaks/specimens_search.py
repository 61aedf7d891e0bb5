"""Specimens for search: every canary begins with the same two letters, so that a prefix asks for all of them at once.

No canary is asked for whole, because the page repeats what was typed; that such a search answers like any other is
tested in tests/web/test_search.py.
"""

from collections.abc import Iterator

from domain.search import CompletionKind, SearchKind
from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.planted import Planted

_QUERIES = ("said", "zq", "zq%20said", "author:zq", "sig:boardroom%20zq", "%22", "", "%2B9", "somebody%20page")


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


def _completions(_: Planted) -> Iterator[Ask]:
    for kind in (*CompletionKind, "no-such-kind"):
        for number, text in enumerate(("zq", "a", "", "joost")):
            yield Ask(f"/completions/{kind}?q={text}", full=number == 0)


SPECIMENS: dict[Route, Specimens] = {
    ("GET", "/search"): _search,
    ("GET", "/completions/{kind:str}"): _completions,
}
