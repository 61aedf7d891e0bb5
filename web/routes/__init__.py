"""The route table: every route of Stoa, one module a capability."""

from litestar.handlers import HTTPRouteHandler

from web.routes import (
    about,
    accounts,
    assets,
    blocks,
    channels,
    connections,
    development,
    feeds,
    forum,
    home,
    joining,
    lists,
    members,
    moderation,
    notices,
    photos,
    profile,
    publicity,
    reports,
    scraps,
    search,
    settings,
    sigs,
    start_page,
    start_page_files,
    suggestions,
)


def all_routes() -> list[HTTPRouteHandler]:
    """Every route. Development pages answer as missing pages do unless `settings.is_development` is on."""
    return [
        *assets.ROUTES,
        *home.ROUTES,
        *sigs.ROUTES,
        *joining.ROUTES,
        *forum.ROUTES,
        *members.ROUTES,
        *profile.ROUTES,
        *lists.ROUTES,
        *scraps.ROUTES,
        *connections.ROUTES,
        *blocks.ROUTES,
        *channels.ROUTES,
        *notices.ROUTES,
        *reports.ROUTES,
        *moderation.ROUTES,
        *start_page.ROUTES,
        *start_page_files.ROUTES,
        *photos.ROUTES,
        *accounts.ROUTES,
        *settings.ROUTES,
        *suggestions.ROUTES,
        *search.ROUTES,
        *feeds.ROUTES,
        *publicity.ROUTES,
        *about.ROUTES,
        *development.ROUTES,
    ]
