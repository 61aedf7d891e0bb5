"""The route table: every route of Stoa, one module a capability."""

from litestar.handlers import HTTPRouteHandler

from web.routes import (
    about,
    accounts,
    assets,
    development,
    feeds,
    forum,
    home,
    lists,
    members,
    photos,
    profile,
    publicity,
    settings,
    sigs,
    suggestions,
)


def all_routes() -> list[HTTPRouteHandler]:
    """Every route. Development pages answer as missing pages do unless `settings.is_development` is on."""
    return [
        *assets.ROUTES,
        *home.ROUTES,
        *sigs.ROUTES,
        *forum.ROUTES,
        *members.ROUTES,
        *profile.ROUTES,
        *lists.ROUTES,
        *photos.ROUTES,
        *accounts.ROUTES,
        *settings.ROUTES,
        *suggestions.ROUTES,
        *feeds.ROUTES,
        *publicity.ROUTES,
        *about.ROUTES,
        *development.ROUTES,
    ]
