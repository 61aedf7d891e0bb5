"""The checker catches a leak: each test breaks the product on purpose and demands that the crawl reports it."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import true

import domain.members.pages
import domain.members.people
import storage.forum.lists
import storage.forum.pages
import storage.forum.posts
import storage.sigs.pages
import web.visits
from domain.visibility import Guarded
from storage.recognition import Recognised, recognise
from storage.tables import Entry, Thread
from tests.leaks.asks import Ask, Route
from tests.leaks.conftest import Opening
from tests.leaks.crawling import Report, Theatre, crawl
from tests.leaks.places import PROFILE, SIG, THREAD
from tests.leaks.planted import Planted
from tests.leaks.test_leaks import unseen
from web.assets import load_assets
from web.policy import page
from web.routes import all_routes
from web.templating import Templates
from web.visits import Visit, redirect

VIEWERS = ("visitor", "tariq", "sven")
PAGES: tuple[Route, ...] = (("GET", PROFILE), ("GET", THREAD), ("GET", SIG), ("GET", "/"))


@pytest.fixture
def engine() -> str:
    """What the checker can see does not depend on the engine."""
    return "sqlite"


async def _crawl(theatre: Theatre, *routes: Route) -> Report:
    return await crawl(theatre, viewers=VIEWERS, routes=routes or PAGES, full=False)


def _fields(report: Report) -> set[str]:
    return {hit.canary.field.partition("[")[0] for hit in report.hits}


async def test_without_a_breach_nothing_is_found(theatre: Theatre) -> None:
    report = await _crawl(theatre)
    assert report.hits == []
    assert report.requests > 100


async def test_a_rule_that_opens_everything(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    def reveal(guarded: Guarded[Any], _ring: object) -> Any:
        return guarded._value

    monkeypatch.setattr(domain.members.people, "reveal", reveal)
    assert "entries.value" in _fields(await _crawl(theatre))


def _forget_statements() -> None:
    """Statements are built once in a process; a breach must go into them, and stay in none."""
    for name in [name for name in sys.modules if name.startswith("storage.")]:
        for value in list(vars(sys.modules[name]).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@pytest.fixture
def fresh_statements() -> Iterator[None]:
    """Every statement is built anew in this test, and after it."""
    _forget_statements()
    yield
    _forget_statements()


@pytest.mark.usefixtures("fresh_statements")
@pytest.mark.parametrize(
    ("module", "field"),
    [(storage.forum.pages, "posts.html"), (storage.forum.lists, "threads.title"), (storage.sigs.pages, "sigs.name")],
    ids=["pages", "lists", "sigs"],
)
async def test_a_query_without_the_rule(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch, module: Any, field: str
) -> None:
    monkeypatch.setattr(module, "opens", lambda *_: true())
    if module is storage.forum.pages:
        monkeypatch.setattr(storage.forum.posts, "reveal", lambda guarded, _ring: guarded._value)
    assert field in _fields(await _crawl(theatre))


async def test_a_deleted_text_that_still_shows(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.forum.posts, "reveal", lambda guarded, _ring: guarded._value)
    report = await _crawl(theatre, ("GET", THREAD))
    assert any("deleted" in hit.canary.audience for hit in report.hits)


async def test_a_template_that_prints_more(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template can print only what it is given, so the frame is given the account's secret first."""
    templates = Templates(assets=load_assets().addresses, strict=False)  # not those of every other test
    theatre.app.state.house = replace(theatre.house, templates=templates)
    sources = templates.environment
    shown: Any = sources.loader
    load = shown.get_source

    def get_source(environment: Any, name: str) -> tuple[str, Any, Any]:
        source, *rest = load(environment, name)
        return source.replace("</footer>", "{{ leaked() }}</footer>"), *rest

    monkeypatch.setattr(shown, "get_source", get_source)
    secret = next(canary for canary in theatre.planted.cage.all if canary.field == "accounts.password_hash")
    sources.globals["leaked"] = lambda: secret.token
    assert _fields(await _crawl(theatre, ("GET", "/"))) == {"accounts.password_hash"}


@page("/leaky")
async def _leaky(visit: NamedDependency[Visit]) -> Response[str]:
    """Prints the raw table."""
    async with visit.house.database.reading() as connection:
        rows = (await connection.execute(Entry.table.select())).all()
    return Response(repr([tuple(row) for row in rows]))


@page("/leaky/header")
async def _leaky_header(visit: NamedDependency[Visit]) -> Response[str]:
    """Sends a private value in a header, and one in a cookie."""
    first, second = await _private_values(visit)
    answer = Response("fine", headers={"x-debug": first})
    answer.set_cookie("last", second.upper())
    return answer


async def _private_values(visit: Visit) -> tuple[str, str]:
    """Two headlines that are for their owners alone."""
    private = (Entry.c.kind == "headline") & (Entry.c.audience == "only-me")
    async with visit.house.database.reading() as connection:
        rows = (await connection.execute(Entry.table.select().where(private).limit(2))).all()
    first, second = (row.value for row in rows)
    return first, second


@page("/leaky/redirect")
async def _leaky_redirect(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Redirects to a titled address, and so tells the title."""
    async with visit.house.database.reading() as connection:
        rows = (await connection.execute(Thread.table.select())).all()
    return redirect(f"/threads/{rows[-1].thread_id}-{rows[-1].title}", visit)


@page("/leaky/log")
async def _leaky_log(visit: NamedDependency[Visit], request: Request[Any, Any, Any]) -> Response[str]:
    """Logs what it should not."""
    first, second = await _private_values(visit)
    structlog.get_logger().info("looked", value=first)
    (visit.house.settings.home / "mail").mkdir(exist_ok=True)
    (visit.house.settings.home / "mail" / "one.eml").write_text(second.encode().hex())
    return Response("fine")


@pytest.mark.parametrize(
    "route", [_leaky, _leaky_header, _leaky_redirect, _leaky_log], ids=lambda route: route.fn.__name__
)
async def test_a_route_that_leaks(route: HTTPRouteHandler, open_copy: Opening) -> None:
    """In its body, a header, a cookie, a redirect, the log or a file; without a specimen it fails first."""
    path = min(route.paths)
    theatre = await open_copy("leaky", routes=[*all_routes(), route])
    with pytest.raises(KeyError, match="leaky"):
        await _crawl(theatre, ("GET", path))
    theatre.specimens = {**theatre.specimens, ("GET", path): _specimen(path)}
    report = await _crawl(theatre, ("GET", path))
    assert report.hits, path
    if route is _leaky_log:
        assert {hit.where for hit in report.hits} == {"the logs", "the file one.eml"}


def _specimen(path: str) -> Any:
    def specimens(_: Planted) -> Iterator[Ask]:
        yield Ask(path)

    return specimens


async def test_a_session_taken_for_another(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gets somebody else's page, frame and ring, gets what is not theirs."""

    async def mixed_up(database: Any, token: str, version: Any, now: Any) -> Recognised | None:
        return await recognise(database, theatre.planted.sessions["amara"], version, now)

    monkeypatch.setattr(web.visits, "recognise", mixed_up)
    report = await _crawl(theatre, ("GET", "/settings/sessions"), ("GET", SIG))
    assert "sessions.browser" in _fields(report)
    assert "sigs.description" in _fields(report)


async def test_the_positive_control_is_not_blind(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """A product that shows nothing to anybody has no hits, and fails all the same."""
    monkeypatch.setattr(domain.members.pages, "reveal", lambda *_: None)
    report = await crawl(theatre, viewers=("tariq",), routes=PAGES, full=False)
    assert report.hits == []
    assert any(
        "tariq never saw entries.value[name] for everyone" in line for line in unseen(theatre, report, ("tariq",))
    )


async def test_an_oracle_that_knows_less(theatre: Theatre) -> None:
    """What the matrix no longer allows is reported: the oracle decides, and not the product."""
    cage = theatre.planted.cage
    kept = dict(cage.by_token)
    try:
        cage.by_token |= {
            token: replace(canary, readers=frozenset())
            for token, canary in kept.items()
            if canary.field == "entries.value[headline]"
        }
        assert "entries.value" in _fields(await _crawl(theatre, ("GET", PROFILE)))
    finally:
        cage.by_token.update(kept)
