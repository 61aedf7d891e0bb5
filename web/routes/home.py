"""The front page, health, and the answer to addresses that lead nowhere."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.pages import Failure
from storage.sigs import find_community_page, find_home_page
from web.answers import show
from web.policy import Cache, page
from web.visits import Refusal, Visit


@page("/")
async def show_home(visit: NamedDependency[Visit]) -> Response[str]:
    """Communities, SIGs and the newest threads."""
    return show(visit, await find_home_page(visit.house.database, visit.viewer, visit.now))


@page("/communities/{slug:str}")
async def show_community(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[str]:
    """One community."""
    return show(visit, await find_community_page(visit.house.database, visit.viewer, slug))


@page("/-/health", cache=Cache.NEVER)
async def show_health() -> Response[str]:
    """Plain text for whoever watches over the server: it answers."""
    return Response("ok\n", media_type="text/plain", headers={"cache-control": Cache.NEVER})


@page("/{rest:path}")
async def show_nothing(rest: FromPath[str]) -> Response[str]:
    """Every other address: missing, in the look of the house and with the visitor's own frame."""
    del rest
    raise Refusal(Failure.MISSING, 404)


ROUTES = [show_home, show_community, show_health, show_nothing]
