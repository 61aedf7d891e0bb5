"""The Litestar app: the house is built here, its locks are checked, and every route is declared."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from storage.database import Busy
from storage.migrations import migrate
from storage.start_page.keys import Locked
from web.answers import (
    add_security_headers,
    answer_busy,
    answer_defect,
    answer_http_error,
    answer_locked,
    answer_refusal,
)
from web.assets import load_assets
from web.forms import Form, read_form
from web.house import House, open_house, read_clock
from web.logs import set_up_logs
from web.password_gate import admit_or_ask
from web.policy import demand_policies
from web.routes import all_routes
from web.settings import Settings
from web.visitor_pages import VisitorPages
from web.visits import Refusal, Visit
from web.worker import run_worker

LARGEST_BODY = 512 * 1024
"""Bytes of one request: a post of 30,000 characters, each four bytes, each byte percent-encoded, fits."""


def create_app(
    settings: Settings | None = None,
    routes: Sequence[HTTPRouteHandler] | None = None,
    clock: Callable[[], datetime] = read_clock,
) -> Litestar:
    """Stoa, ready to be served. Tests replace the route table to break its lock, and the clock to stop time."""
    settings = settings or Settings()
    set_up_logs()
    app = Litestar(
        route_handlers=all_routes() if routes is None else list(routes),
        state=State({"house": open_house(settings, clock), "assets": load_assets()}),
        before_request=admit_or_ask,
        before_send=[add_security_headers],
        dependencies={"visit": Provide(_visit, sync_to_thread=False), "form": Provide(_form)},
        exception_handlers={
            Refusal: answer_refusal,
            Busy: answer_busy,
            Locked: answer_locked,
            HTTPException: answer_http_error,
            Exception: answer_defect,
        },
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
        lifespan=[_live],
    )
    demand_policies(app)
    app.asgi_handler = VisitorPages(app)
    return app


def _visit(request: Request) -> Visit:  # type: ignore[type-arg]
    visit: Visit = request.state.visit
    return visit


async def _form(
    request: Request,  # type: ignore[type-arg]
    visit: NamedDependency[Visit],  # noqa: ARG001 -- so that one comes after the other, without a task for each
) -> Form:
    request.state.form = await read_form(request)  # error pages give back what was written
    return request.state.form  # type: ignore[no-any-return]  # the state holds whatever was put there, a Form here


@asynccontextmanager
async def _live(app: Litestar) -> AsyncIterator[None]:
    house: House = app.state.house
    await migrate(house.database)
    async with run_worker(house):
        yield
    await house.database.close()
