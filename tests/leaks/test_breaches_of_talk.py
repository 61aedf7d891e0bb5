"""Leaks planted in what people leave, are told, find and decide: a page made with the eyes of another is caught."""

from types import ModuleType
from typing import Any

import pytest

import web.routes.moderation
import web.routes.notices
import web.routes.scraps
import web.routes.search
from domain.visibility import Viewer
from storage.rings import find_viewer
from tests.leaks.crawling import Theatre, crawl
from tests.leaks.places import BOARD

LOOKER = "tariq"

BREACHES = [
    (web.routes.scraps, "find_board_page", BOARD, "edo", "scraps.html"),
    (web.routes.search, "find_search_page", "/search", "bodil", "threads.title"),
    (web.routes.search, "find_completions", "/completions/{kind:str}", "bodil", "entries.value[name]"),
    (web.routes.notices, "find_notices_page", "/notices", "amara", "threads.title"),
    (web.routes.moderation, "find_log_page", "/sigs/{slug:str}/log", "bodil", "acts.rule"),
    (web.routes.moderation, "find_case_page", "/cases/{case_id:int}", "amara", "reports.words"),
]
"""Where a page is made, by which read, at which route, with whose eyes, and what the wrong one then reads."""


@pytest.fixture
def engine() -> str:
    """What the checker can see does not depend on the engine."""
    return "sqlite"


@pytest.mark.parametrize(("module", "name", "route", "eyes", "field"), BREACHES, ids=[line[1] for line in BREACHES])
async def test_a_page_made_with_the_eyes_of_another(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, route: str, eyes: str, field: str
) -> None:
    async with theatre.house.database.reading() as connection:
        other = await find_viewer(connection, theatre.planted.world[eyes].member_id)
    true_read = getattr(module, name)

    async def read(*given: Any, **options: Any) -> Any:
        return await true_read(*(other if isinstance(one, Viewer) else one for one in given), **options)

    assert await _fields(theatre, route) == set()
    monkeypatch.setattr(module, name, read)
    assert field in await _fields(theatre, route)


async def _fields(theatre: Theatre, route: str) -> set[str]:
    report = await crawl(theatre, viewers=[LOOKER], routes=[("GET", route)], full=False)
    return {hit.canary.field for hit in report.hits}
