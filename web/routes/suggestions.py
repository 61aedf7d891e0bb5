"""Words that forms suggest, one page a vocabulary: to read, and to be offered beside an input."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from web.answers import show
from web.policy import Caller, page
from web.suggestions import find_suggestions
from web.visits import Visit


@page("/suggestions/{vocabulary:str}", caller=Caller.SIGNED_IN)
async def show_suggestions(visit: NamedDependency[Visit], vocabulary: FromPath[str]) -> Response[str]:
    """Every word of a vocabulary; the block of that page is what an input asks for."""
    return show(visit, await find_suggestions(visit.house.database, vocabulary))


ROUTES = [show_suggestions]
