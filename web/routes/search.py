"""Search: results under tabs, people to choose from while typing a name, and whether one is found oneself."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.pages import Failure
from domain.search import CompletionKind, SearchKind
from storage.members.publishing import choose_search, find_search_choice
from storage.search.cursors import Cursor
from storage.search.page import find_completions, find_search_page
from web.answers import show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Refusal, Visit, redirect


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


@page("/settings/search", caller=Caller.SIGNED_IN)
async def show_choice(visit: NamedDependency[Visit], saved: FromQuery[str | None] = None) -> Response[str]:
    """Whether search finds oneself."""
    return show(visit, await find_search_choice(visit.house.database, visit.member_id, saved=saved == "yes"))


@form("/settings/search", caller=Caller.SIGNED_IN)
async def save_choice(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[bytes]:
    """Be found by search, or not, from the next request on."""
    choice = form.text("found")
    if choice not in {"yes", "no"}:
        raise Refusal(Failure.BAD_REQUEST, 400)
    await choose_search(visit.house.database, visit.member_id, visit.now, is_found=choice == "yes")
    return redirect("/settings/search?saved=yes", visit)


ROUTES = [show_search, show_completions, show_choice, save_choice]
