"""The route table: every route of Stoa, one module a capability."""

from litestar.handlers import HTTPRouteHandler

from web.routes import about, accounts, assets, development, forum, home, members, settings, sigs


def all_routes() -> list[HTTPRouteHandler]:
    """Every route. Development pages answer as missing pages do unless `settings.is_development` is on."""
    return [
        *assets.ROUTES,
        *home.ROUTES,
        *sigs.ROUTES,
        *forum.ROUTES,
        *members.ROUTES,
        *accounts.ROUTES,
        *settings.ROUTES,
        *about.ROUTES,
        *development.ROUTES,
    ]
