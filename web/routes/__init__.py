"""The route table: every route of Stoa, one module a capability."""

from litestar.handlers import HTTPRouteHandler

from web.routes import assets, forum, home, members, sigs
from web.settings import Settings


def all_routes(settings: Settings) -> list[HTTPRouteHandler]:
    """Every route. Development pages answer as missing pages do unless `settings.development` is on."""
    return [
        *assets.ROUTES,
        *home.ROUTES,
        *sigs.ROUTES,
        *forum.ROUTES,
        *members.ROUTES,
    ]
