"""The checker catches a leak in personal pages, photos, feeds, lists and the view through other eyes: each test breaks
one of them on purpose and demands that crawl, twins or narrowing report it."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from litestar import Response
from litestar.di import NamedDependency
from sqlalchemy import func, select, true

import storage.feeds
import storage.forum.lists
import storage.members.exposures
import storage.members.lists
import storage.members.page
import storage.members.view_as
import storage.photos
import storage.publicity
import web.routes.feeds
import web.routes.members
import web.routes.photos
import web.routes.profile
from domain.members import EntryKind, LineKind, line_of_member
from domain.publicity import SitemapKind
from domain.visibility import MEMBERS, PUBLIC
from storage.forum.contributions import list_contributions
from storage.key_sets import opens
from storage.members.history import find_exposure_page
from storage.members.page import find_member_page, read_member_page
from storage.members.receipts import find_receipt
from storage.rings import find_viewer
from storage.tables import Entry, Member, OwnList
from tests.leaks.asks import Ask, Route
from tests.leaks.conftest import Opening
from tests.leaks.crawling import Report, Theatre, crawl, crawl_own
from tests.leaks.places import LISTS, PERSON_FEED, PHOTO, PROFILE, RECEIPT, SITEMAP, THREAD
from tests.leaks.test_narrowing import OWNER, _found, _send
from tests.leaks.test_twins import _everything, different
from tests.leaks.twinning import make_other
from web.policy import page
from web.routes import all_routes
from web.visits import Visit

VIEWERS = ("visitor", "silas", "tariq")
SIG_FEED: Route = ("GET", "/sigs/{slug:str}/feed")


@pytest.fixture
def engine() -> str:
    """What the checker can see does not depend on the engine."""
    return "sqlite"


async def _crawl(theatre: Theatre, *routes: Route, viewers: tuple[str, ...] = VIEWERS) -> Report:
    return await crawl(theatre, viewers=viewers, routes=routes, full=False)


def _fields(report: Report) -> set[str]:
    return {hit.canary.field for hit in report.hits}


async def _ring_of(theatre: Theatre, part: str) -> Any:
    async with theatre.house.database.reading() as connection:
        return await find_viewer(connection, theatre.planted.world[part].member_id)


async def test_a_photo_without_the_rule(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _fields(await _crawl(theatre, ("GET", PHOTO))) == set()

    async def let_in(*_: object) -> None:
        return None

    monkeypatch.setattr(storage.photos, "refuse_photo", let_in)
    assert "files.bytes" in _fields(await _crawl(theatre, ("GET", PHOTO)))


async def test_contributions_with_the_ring_of_another(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    bodil, true_list = await _ring_of(theatre, "bodil"), list_contributions

    async def with_anothers(connection: Any, member_id: int, _ring: object, within: Any = None) -> Any:
        return await true_list(connection, member_id, bodil.ring, within)

    monkeypatch.setattr(storage.members.page, "list_contributions", with_anothers)
    found = _fields(await _crawl(theatre, ("GET", PROFILE)))
    assert {"threads.title", "entries.value[contributions] boardroom"} <= found


async def test_connections_and_memberships_without_a_ring(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("opens", "opens_towards"):
        monkeypatch.setattr(storage.members.page, name, lambda *_: true())
    found = {(hit.canary.field, hit.canary.owner) for hit in (await _crawl(theatre, ("GET", PROFILE))).hits}
    assert ("entries.value[name]", "mira") in found or ("entries.value[connections] mutual") in {
        one for one, _ in found
    }


async def test_a_byline_that_tells_more_than_the_name(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hidden name with its profession or its photo beside it is no longer hidden."""
    true_line = line_of_member

    def telling(person: Any, ring: Any, **options: Any) -> Any:
        line = true_line(person, ring, **options)
        if line.kind is not LineKind.HIDDEN:
            return line
        shown = domain_value(person, EntryKind.PROFESSION, ring)
        return replace(line, kind=LineKind.MEMBER, name="Somebody", profession=shown)

    monkeypatch.setattr(storage.forum.lists, "line_of_member", telling)
    assert "entries.value[profession] byline" in _fields(await _crawl(theatre, ("GET", THREAD)))


def domain_value(person: Any, kind: EntryKind, ring: Any) -> Any:
    """What a ring opens of one entry, whoever's it is."""
    guarded = person.entries[kind]
    return guarded._value if not guarded.keys.isdisjoint(ring) else None


async def test_a_sitemap_made_with_a_members_ring(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = frozenset({PUBLIC, MEMBERS})
    open_entry = (Entry.c.value != "") & opens(Entry.c.key_set_id, ring)
    known = select(Entry.c.entry_id).where(Entry.c.member_id == Member.c.member_id, open_entry).exists()
    kinds = {**storage.publicity._PUBLIC_IDS, SitemapKind.PEOPLE: (Member.c.member_id, known)}
    monkeypatch.setattr(storage.publicity, "_PUBLIC_ENTRY", open_entry)
    monkeypatch.setattr(storage.publicity, "_PUBLIC_IDS", kinds)
    assert "members.public_id" in _fields(await _crawl(theatre, ("GET", SITEMAP)))


async def test_a_feed_made_with_a_members_ring(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    bodil = await _ring_of(theatre, "bodil")
    for name in ("find_sig_feed", "find_person_feed"):
        true_feed = getattr(storage.feeds, name)

        async def kept(database: Any, _viewer: object, asked: Any, true_feed: Any = true_feed) -> Any:
            return await true_feed(database, bodil, asked)

        monkeypatch.setattr(web.routes.feeds, name, kept)
    report = await _crawl(theatre, SIG_FEED, ("GET", PERSON_FEED))
    assert "posts.html" in _fields(report)
    assert {hit.viewer for hit in report.hits} == set(VIEWERS)


async def test_a_view_that_shows_what_only_the_other_may_see(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = ("settled everyone-owner", "left everyone-owner")
    report = Report()
    await crawl_own(theatre, report, owners)
    assert report.hits == []
    true_page, true_viewer = read_member_page, storage.members.view_as._viewer

    async def boundless(connection: Any, seal: Any, viewer: Any, public_id: str, _within: Any = None) -> Any:
        return await true_page(connection, seal, viewer, public_id)

    async def with_every_key(connection: Any, owner: Any, asked: Any) -> Any:
        found = await true_viewer(connection, owner, asked)
        return found if found is None or found.member_id is None else await find_viewer(connection, found.member_id)

    monkeypatch.setattr(storage.members.view_as, "read_member_page", boundless)
    monkeypatch.setattr(storage.members.view_as, "_viewer", with_every_key)
    await crawl_own(theatre, report, owners)
    assert {"entries.value[name]", "threads.title"} <= _fields(report)
    assert all("view-as" in hit.where for hit in report.hits)


async def test_a_list_that_others_can_open(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    async def anybodys(connection: Any, _member_id: int, list_id: int) -> str | None:
        lists = OwnList.c
        name: str | None = await connection.scalar(select(lists.name).where(lists.list_id == list_id))
        return name

    monkeypatch.setattr(storage.members.lists, "_own_list", anybodys)
    report = await _crawl(theatre, ("GET", "/lists/{list_id:int}"))
    assert _fields(report) == {"lists.name"}
    assert {hit.viewer for hit in report.hits} == {"silas", "tariq"}


async def test_lists_that_name_those_one_stands_on(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    true_lines = storage.members.lists._list_lines

    async def all_lines(connection: Any, _member_id: int, person_id: int | None = None) -> Any:
        owner = theatre.planted.world["settled list-owner"].member_id
        return await true_lines(connection, owner, person_id)

    monkeypatch.setattr(storage.members.lists, "_list_lines", all_lines)
    assert _fields(await _crawl(theatre, ("GET", LISTS), viewers=("lise",))) == {"lists.name"}


async def test_the_history_of_another(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    true_history, other = (
        find_exposure_page,
        theatre.planted.world["settled only-me-owner"].member_id,
    )

    async def of_another(database: Any, seal: Any, _member_id: int, *rest: Any) -> Any:
        return await true_history(database, seal, other, *rest)

    monkeypatch.setattr(web.routes.profile, "find_exposure_page", of_another)
    found = _fields(await _crawl(theatre, ("GET", "/profile/exposure"), ("GET", "/profile/exposure.csv")))
    assert "entries.value[experience].role 1" in found


async def test_the_receipt_of_another(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    true_receipt, owner = find_receipt, theatre.planted.world["olga"].member_id

    async def of_another(database: Any, _member_id: int, *rest: Any) -> Any:
        return await true_receipt(database, owner, *rest)

    monkeypatch.setattr(web.routes.profile, "find_receipt", of_another)
    assert _fields(await _crawl(theatre, ("GET", RECEIPT))) == {"receipt_lines.path"}


@page("/leaky/count")
async def _leaky_count(visit: NamedDependency[Visit]) -> Response[str]:
    """Counts what is not for everyone, and so tells how much there is."""
    async with visit.house.database.reading() as connection:
        counted = await connection.scalar(select(func.count()).select_from(Entry.table))
    return Response(f"{counted} lines on all pages")


@page("/leaky/order")
async def _leaky_order(visit: NamedDependency[Visit]) -> Response[str]:
    """Sorts by what is hidden, and so tells which is more."""
    phone = Entry.c.kind == EntryKind.PHONE
    async with visit.house.database.reading() as connection:
        rows = await connection.execute(select(Entry.c.member_id).where(phone).order_by(Entry.c.value))
    return Response(" ".join(str(member_id) for member_id in rows.scalars()))


@pytest.mark.parametrize("path", ["/leaky/count", "/leaky/order"])
async def test_twins_notice_what_no_canary_shows(path: str, open_copy: Opening) -> None:
    found, counter = [], count()
    for name in ("one", "other"):
        theatre = await open_copy(name, routes=[*all_routes(), _leaky_count, _leaky_order])
        theatre.specimens = {**theatre.specimens, ("GET", path): lambda _: iter([Ask(path)])}
        if name == "other":
            await make_other(theatre, "tariq")
        routes = [("GET", path), ("GET", "/about/terms")]
        found.append(await _everything(theatre, "tariq", lambda: next(counter), routes))
        assert (await _crawl(theatre, ("GET", path))).hits == []
    assert [line[0] for line in different(*found)] == [f"GET {path} 0 {path}"]


async def test_a_page_that_is_kept_for_the_next_reader(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that narrowing does not reach is found by who looks again."""
    kept: dict[tuple[object, str], Any] = {}
    true_page = find_member_page

    async def from_cache(database: Any, seal: Any, viewer: Any, public_id: str) -> Any:
        if (viewer.member_id, public_id) not in kept:
            kept[viewer.member_id, public_id] = await true_page(database, seal, viewer, public_id)
        return kept[viewer.member_id, public_id]

    monkeypatch.setattr(web.routes.members, "find_member_page", from_cache)
    assert await _found(theatre, "visitor")
    assert (await _send(theatre, OWNER, "/profile/public", {"action": "off"})).status == 303
    assert "entries.value[headline]" in {canary.field for canary in await _found(theatre, "visitor")}
