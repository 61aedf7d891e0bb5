"""The page of results: one kind of them under tabs that count all, and people to choose from while typing."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.search import (
    MOST_COUNTED,
    CompletionKind,
    CompletionPage,
    Query,
    SearchKind,
    SearchPage,
    SearchTab,
    parse_query,
)
from domain.visibility import Viewer
from storage.database import Database
from storage.key_sets import opens
from storage.search.asking import Asked
from storage.search.cursors import Cursor
from storage.search.documents import DocumentKind
from storage.search.engines import Words
from storage.search.people import find_by_name, find_people_page, find_writers, people_found, values_of_people
from storage.search.sigs import FoundSigs, find_sigs, page_of_sigs
from storage.search.talk import Slice, find_talk, talk_found
from storage.tables import Sig


async def find_search_page(
    database: Database,
    viewer: Viewer,
    text: str,
    kind: SearchKind = SearchKind.THREADS,
    before: Cursor | None = None,
    *,
    typing: bool = False,
) -> SearchPage:
    """What this viewer finds. While they are `typing`, the last word stands for all that begin with it."""
    query = parse_query(text, typing=typing)
    counts = dict.fromkeys(SearchKind, 0)
    page = Slice()
    if not query.is_empty:
        async with database.reading() as connection:
            asked = await _ask(connection, viewer, query)
            sigs = await find_sigs(connection, asked)
            page = await _find(connection, asked, kind, before, sigs)
            known = {SearchKind.SIGS: sigs.count} | ({} if page.count is None else {kind: page.count})
            counts = await _count(connection, asked, known)
    return SearchPage(
        text=query.text,
        is_empty=query.is_empty,
        is_typing=typing,
        kind=kind,
        tabs=tuple(_tab(one, counts[one], kind) for one in SearchKind),
        found=page.found,
        is_first=before is None,
        older=page.older,
    )


def _tab(kind: SearchKind, count: int, open_kind: SearchKind) -> SearchTab:
    return SearchTab(
        kind=kind, count=min(count, MOST_COUNTED), has_more=count > MOST_COUNTED, is_open=kind is open_kind
    )


async def _ask(connection: AsyncConnection, viewer: Viewer, query: Query) -> Asked:
    """The query with the ids of what it names, as far as this viewer may know of it."""
    sig_id: int | None = None
    writer_ids: tuple[int, ...] = ()
    if query.sig is not None:
        known = select(Sig.c.sig_id).where(Sig.c.slug == query.sig, opens(Sig.c.key_set_id, viewer.ring))
        sig_id = (await connection.execute(known)).scalar()
    if query.authors:
        writer_ids = await find_writers(connection, viewer, query.authors)
    return Asked(viewer, query, sig_id, writer_ids)


async def _count(connection: AsyncConnection, asked: Asked, known: dict[SearchKind, int]) -> dict[SearchKind, int]:
    """How many of each kind there are for this viewer, those that are not known yet in one statement; nobody counts
    beyond `MOST_COUNTED`."""
    words, in_sig = Words.of(connection), asked.sig_id is not None
    finding: dict[SearchKind, Select[Any]] = {
        SearchKind.THREADS: talk_found(words, DocumentKind.THREAD, in_sig=in_sig),
        SearchKind.REPLIES: talk_found(words, DocumentKind.REPLY, in_sig=in_sig),
    }
    values = {
        DocumentKind.THREAD: words.spell(asked.threads().either),
        DocumentKind.REPLY: words.spell(asked.replies()),
        "sig_id": asked.sig_id,
    }
    if asked.is_of_people:
        finding[SearchKind.PEOPLE] = people_found(words, asked)
        values |= values_of_people(words, asked)
    unknown = [kind for kind in finding if kind not in known]
    counting = _counting(tuple(finding[kind] for kind in unknown))
    counts = (await connection.execute(counting, values)).one()
    return dict.fromkeys(SearchKind, 0) | known | dict(zip(unknown, counts, strict=True))


@lru_cache(maxsize=256)
def _counting(statements: tuple[Select[Any], ...]) -> Select[Any]:
    """SQL: how many each of these finds. There are not many of them: each is built once itself."""
    return select(*(_counted(statement) for statement in statements))


def _counted(statement: Select[Any]) -> Any:
    some = statement.limit(MOST_COUNTED + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


async def _find(
    connection: AsyncConnection, asked: Asked, kind: SearchKind, before: Cursor | None, sigs: FoundSigs
) -> Slice:
    match kind:
        case SearchKind.THREADS | SearchKind.REPLIES:
            return await find_talk(connection, asked, kind, before)
        case SearchKind.PEOPLE:
            return await find_people_page(connection, asked, before) if asked.is_of_people else Slice()
        case SearchKind.SIGS:
            return page_of_sigs(asked, sigs, before)


async def find_completions(database: Database, viewer: Viewer, kind: CompletionKind, text: str) -> CompletionPage:
    """The people whose name begins with what is typed, among those whom this viewer finds by search."""
    query = parse_query(text, typing=True)
    async with database.reading() as connection:
        people = await find_by_name(connection, viewer, query, for_mention=kind is CompletionKind.MENTIONS)
    return CompletionPage(kind=kind, text=query.text, people=people)
