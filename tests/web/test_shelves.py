"""Long shelves: pages by key, in order, back and forth, without script."""

import re

import pytest
from sqlalchemy import select, update

from domain.start_page import KEEPSAKES_A_PAGE
from storage.start_page.exchange import TakenOver, take_over
from storage.tables import Keepsake
from tests.cast import NOON
from tests.conftest import SEAL, Stoa
from tests.web.start_pages import NOTE, ids, keep, upload

_THING = re.compile(r'href="/start/things/([0-9]+)"')


def _bookmarks(count: int) -> bytes:
    links = "".join(f'<DT><A HREF="https://example.org/{number}">Link {number}</A>' for number in range(count))
    return f"<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p>{links}</DL>".encode()


async def _fill(stoa: Stoa, count: int, folder_id: int | None = None) -> None:
    amara = stoa.world["amara"].member_id
    taken = await take_over(stoa.database, SEAL, amara, _bookmarks(count), folder_id, NOON)
    assert taken == TakenOver(count, 0)


def _shown(text: str, *, besides: int = 0) -> list[int]:
    return [number for found in _THING.findall(text) if (number := int(found)) != besides]


def _link(text: str, rel: str) -> str | None:
    found = re.search(rf'<a rel="{rel}" href="([^"]+)"', text)
    return found[1] if found else None


async def _walk(stoa: Stoa, path: str, rel: str) -> tuple[list[list[int]], str]:
    """What each page shows, following the links of this kind to the end; and where the last page is."""
    browser, pages = await stoa.browser("amara"), list[list[int]]()
    path, _mark, query = path.partition("?")
    besides = int(path.rpartition("/")[2]) if "folders" in path else 0
    while True:
        answer = await browser.get(f"{path}?{query}" if query else path)
        assert answer.status_code == 200
        pages.append(_shown(answer.text, besides=besides))
        following = _link(answer.text, rel)
        if following is None:
            return pages, f"{path}?{query}"
        assert following.startswith("?")
        query = following[1:]


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "in a folder"])
async def test_everything_on_a_long_shelf_stands_on_one_page_once(stoa: Stoa, inside: bool) -> None:
    folder = await keep(stoa, "folder", {"title": "Inner"}) if inside else None
    into = {"folder": str(folder)} if folder else {}
    note = await keep(stoa, "note", {**NOTE, **into})
    assert (await upload(stoa, b"a file", **into)).status_code == 303
    file = (await ids(stoa))[-1]
    await _fill(stoa, 2 * KEEPSAKES_A_PAGE + 30, folder)
    deeper = await keep(stoa, "folder", {"title": "Deeper", **into})
    links = [one for one in await ids(stoa) if one not in {folder, note, file, deeper}]
    path = f"/start/folders/{folder}" if folder else "/start/shelf"
    pages, last = await _walk(stoa, path, "next")
    assert [one for page in pages for one in page] == [deeper, *links, note, file]
    assert [len(page) for page in pages] == [KEEPSAKES_A_PAGE, KEEPSAKES_A_PAGE, 33]
    assert KEEPSAKES_A_PAGE <= 100
    back, _first = await _walk(stoa, last, "prev")
    assert back[::-1][0] == pages[0], "the way back leads to the beginning"
    assert [one for page in back[::-1] for one in page] == [one for page in pages for one in page]
    browser = await stoa.browser("amara")
    further = _link((await browser.get(path)).text, "next")
    assert (await browser.post(f"/start/things/{pages[0][-1]}/delete")).status_code == 303
    second = await browser.get(f"{path}{further}")
    assert _shown(second.text, besides=folder or 0)[0] == pages[1][0], "a place outlives what stood there"


async def test_a_short_shelf_has_one_page_and_an_order_of_its_own(stoa: Stoa) -> None:
    await _fill(stoa, 3)
    first, *others = await ids(stoa)
    async with stoa.database.writing() as connection:
        await connection.execute(update(Keepsake).where(Keepsake.c.keepsake_id == first).values(position=7))
        assert (await connection.execute(select(Keepsake.c.position).where(Keepsake.c.keepsake_id == first))).scalar()
    [page], _ = await _walk(stoa, "/start/shelf", "next")
    assert page == [*others, first]
    assert 'rel="prev"' not in (await (await stoa.browser("amara")).get("/start/shelf")).text


@pytest.mark.parametrize("place", ["x", "1", "1-2", "9-0-1", "1-0-x", "-1-0-1", "1-0-9223372036854775808", "1-0-1-1"])
async def test_what_is_no_place_is_no_request(stoa: Stoa, place: str) -> None:
    browser = await stoa.browser("amara")
    for name in ("after", "before"):
        assert (await browser.get(f"/start/shelf?{name}={place}")).status_code == 400
        assert (await browser.get(f"/start/shelf?{name}=1-0-9223372036854775807")).status_code == 200
