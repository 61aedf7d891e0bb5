"""Leaks planted in what people leave, are told, find and decide: a page made with the eyes of another is caught."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import true

import domain.members.people
import storage.notices.reading
import storage.search.page
import web.routes.moderation
import web.routes.notices
import web.routes.scraps
import web.routes.search
from domain.notices import NOTICES_A_PAGE
from domain.visibility import Guarded, Viewer
from storage.notices import pages
from storage.rings import find_viewer
from storage.search.asking import Asked
from storage.tables import Notice
from tests.leaks.asking import Answer
from tests.leaks.asks import Ask
from tests.leaks.crawling import PLAIN, Report, Theatre, crawl, look
from tests.leaks.places import BOARD

LOOKER = "tariq"

BREACHES = [
    (web.routes.scraps, "find_board_page", BOARD, "edo", "scraps.html"),
    (web.routes.search, "find_search_page", "/search", "bodil", "threads.title"),
    (storage.search.page, "find_people_page", "/search", "connie", "entries.value[name]"),
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
    assert other is not None
    true_read = getattr(module, name)

    async def read(*given: Any, **options: Any) -> Any:
        return await true_read(*(_seen_by(other, one) for one in given), **options)

    assert await _fields(theatre, route) == set()
    monkeypatch.setattr(module, name, read)
    assert field in await _fields(theatre, route)


def _seen_by(other: Viewer, given: Any) -> Any:
    if isinstance(given, Asked):
        return replace(given, viewer=other)
    return other if isinstance(given, Viewer) else given


async def test_notices_are_read_to_the_last(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest ones, for which the first page has no place once everything opens, are asked for as well."""

    def reveal(guarded: Guarded[Any], _ring: object) -> Any:
        return guarded._value

    monkeypatch.setattr(domain.members.people, "reveal", reveal)
    monkeypatch.setattr(storage.notices.reading, "_opens", true)
    everything = storage.notices.reading.notice_lines.__wrapped__().where(Notice.c.notice_id < pages._BEFORE)
    newest_first = everything.order_by(Notice.c.notice_id.desc()).limit(NOTICES_A_PAGE + 1)
    monkeypatch.setattr(pages, "_PAGE", newest_first)
    report = await _crawl(theatre, "/notices")
    assert "nameless everyone-owner" in {hit.canary.owner for hit in report.hits}


async def test_what_is_typed_makes_nobody_blind(theatre: Theatre) -> None:
    """A beginning that comes back does not stand for all canaries that begin so; a whole one that the viewer typed is
    none that they were told."""
    secret = next(canary for canary in theatre.planted.cage.by_token.values() if canary.audience == "nobody")
    answer = Answer(200, (), f"<p>{secret.token}</p>".encode())
    for typed, found in (("zq", True), (secret.token[:5], True), (secret.token, False)):
        report = Report()
        look(theatre, report, ("GET", "/search"), LOOKER, Ask(f"/search?q={typed}"), PLAIN, answer)
        assert bool(report.hits) == found, typed


async def _fields(theatre: Theatre, route: str) -> set[str]:
    return {hit.canary.field for hit in (await _crawl(theatre, route)).hits}


async def _crawl(theatre: Theatre, route: str) -> Report:
    return await crawl(theatre, viewers=[LOOKER], routes=[("GET", route)], full=False)
