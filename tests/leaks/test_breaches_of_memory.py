"""The checker catches a page that is kept for the wrong reader, or longer than it is true."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any

import pytest

from tests.leaks.asks import Route
from tests.leaks.crawling import Theatre, crawl
from tests.leaks.places import PROFILE, SIG, THREAD
from tests.leaks.test_narrowing import OWNER, _choose, _found
from web.visits import Visit

KEPT = [("GET", PROFILE), *(pytest.param(("GET", place), marks=pytest.mark.thorough) for place in (SIG, THREAD))]
INSIDER_FIRST = (OWNER, "bodil", "silas")

Read = Callable[[], Awaitable[Any]]


@pytest.fixture
def engine() -> str:
    """What the checker can see does not depend on the engine."""
    return "sqlite"


async def _leaks(theatre: Theatre, *routes: Route) -> set[str]:
    report = await crawl(theatre, viewers=INSIDER_FIRST, routes=routes, full=False)
    return {hit.canary.field for hit in report.hits if hit.viewer == "silas"}


@pytest.mark.parametrize("route", KEPT, ids=(PROFILE, SIG, THREAD))
async def test_a_page_kept_for_whoever_asks_next(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch, route: Route
) -> None:
    assert await _leaks(theatre, route) == set()
    theatre.house.database.pages.forget_all()

    async def for_anybody(visit: Visit, key: Hashable, read: Read) -> Any:
        return await visit.house.database.pages.recall(key, visit.version, read)

    monkeypatch.setattr(Visit, "recall", for_anybody)
    assert await _leaks(theatre, route)


async def test_a_page_kept_though_something_has_changed(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    async def for_ever(visit: Visit, key: Hashable, read: Read) -> Any:
        return await visit.house.database.pages.recall((visit.viewer.member_id, key), "for ever", read)

    monkeypatch.setattr(Visit, "recall", for_ever)
    await _choose(theatre, "members")
    assert await _found(theatre, "tariq")
    await _choose(theatre, "only-me")
    assert "entries.value[headline]" in {canary.field for canary in await _found(theatre, "tariq")}
