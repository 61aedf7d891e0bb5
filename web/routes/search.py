"""Search: results under tabs, and people to choose from while typing a name."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.pages import Failure
from domain.search import CompletionKind, SearchKind
from storage.search.cursors import Cursor
from storage.search.page import find_completions, find_search_page
from web.answers import show
from web.policy import Caller, page
from web.visits import Refusal, Visit


@page("/search")
async def show_search(
    visit: NamedDependency[Visit],
    q: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    before: FromQuery[str | None] = None,
    typing: FromQuery[str] = "",
) -> Response[str]:
    """What this viewer finds; while they type, the block of results alone."""
    chosen = SearchKind(kind) if kind in set(SearchKind) else SearchKind.THREADS
    cursor = _cursor(before)
    found = await find_search_page(visit.house.database, visit.viewer, q, chosen, cursor, typing=bool(typing))
    return show(visit, found)


def _cursor(text: str | None) -> Cursor | None:
    try:
        return Cursor.parse(text) if text else None
    except ValueError as error:
        raise Refusal(Failure.BAD_REQUEST, 400) from error


@page("/completions/{kind:str}", caller=Caller.MEMBER)
async def show_completions(visit: NamedDependency[Visit], kind: FromPath[str], q: FromQuery[str] = "") -> Response[str]:
    """The people whose name begins so, among those whom the viewer finds by search."""
    if kind not in set(CompletionKind):
        raise Refusal(Failure.MISSING, 404)
    return show(visit, await find_completions(visit.house.database, visit.viewer, CompletionKind(kind), q))


ROUTES = [show_search, show_completions]
