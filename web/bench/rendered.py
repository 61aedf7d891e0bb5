"""The member's page of a thread, rendered from memory: what the page itself is held against.

One route beside those of the product, in the server that is measured and in no other. It is admitted, framed, rendered,
compressed and sent as the page is; only what is stored was read once, before. So that nothing that is kept for equal
views spares the templates their work, each answer shows moments that differ a little from those before. What depends
on the frame or the SIG alone may be kept here as there.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any, cast

from litestar import Litestar, Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.forum import ThreadPage
from domain.views import View, fields_of
from domain.visibility import Viewer
from storage.database import Database
from storage.forum.pages import find_thread_page
from web import serving
from web.answers import show
from web.bench.load import RENDERED_PATH
from web.policy import Caller, page
from web.visits import Visit

VARIANTS = 150
"""Of a page: with 20 posts each, more than is kept of a component, so that none is there when its turn comes again."""

_shown: dict[tuple[Viewer, int], asyncio.Task[Iterator[ThreadPage]]] = {}


def build_app() -> object:
    """The product, with the one route more."""
    app = cast("Litestar", serving.build_app())
    app.register(show_rendered)
    return app


@page(RENDERED_PATH + "/{thread_id:int}", caller=Caller.MEMBER)
async def show_rendered(visit: NamedDependency[Visit], thread_id: FromPath[int]) -> Response[str]:
    """The first page of a thread."""
    key = visit.viewer, thread_id
    made = _shown[key] = _shown.get(key) or asyncio.create_task(_variants(visit.house.database, *key))
    visit.path = f"/threads/{thread_id}"
    return show(visit, next(await asyncio.shield(made)))


async def _variants(database: Database, viewer: Viewer, thread_id: int) -> Iterator[ThreadPage]:
    found = await find_thread_page(database, viewer, thread_id, 1)
    return cycle([_later(found, timedelta(microseconds=number)) for number in range(VARIANTS)])


def _later(value: Any, by: timedelta) -> Any:
    """A view with each moment in it put off by so much."""
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, tuple):
        return tuple(_later(part, by) for part in value)
    if isinstance(value, View):
        return replace(value, **{name: _later(part, by) for name, part in fields_of(value).items()})  # type: ignore[type-var]
    return value
