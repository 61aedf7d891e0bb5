"""Pages for development only; elsewhere they are missing."""

from litestar import Response
from litestar.di import NamedDependency

from web.answers import show
from web.mailbox import find_mailbox_page
from web.patterns import patterns_page
from web.policy import Cache, Caller, page
from web.visits import Visit


@page("/-/mailbox", caller=Caller.DEVELOPER, cache=Cache.NEVER)
async def show_mailbox(visit: NamedDependency[Visit]) -> Response[str]:
    """What would have been sent."""
    return show(visit, await find_mailbox_page(visit.house.settings))


@page("/-/patterns", caller=Caller.DEVELOPER, cache=Cache.NEVER)
async def show_patterns(visit: NamedDependency[Visit]) -> Response[str]:
    """Every component of the look in every state."""
    return show(visit, patterns_page())


ROUTES = [show_mailbox, show_patterns]
