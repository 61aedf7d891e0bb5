"""Files and bookmarks of the start page over HTTP: in by two forms, out as attachments, whole and in parts."""

import io

import httpx
from sqlalchemy import select

from domain.start_page import MOST_FILE_BYTES, QUOTA_OF_FILES
from storage.tables import File, Keepsake
from tests.conftest import Stoa
from tests.pictures import encode, picture
from tests.web.start_pages import ids, rows, upload
from web.worker import work_once


async def test_a_file_is_kept_and_given_back_as_an_attachment(stoa: Stoa) -> None:
    browser, content = await stoa.browser("amara"), b"<script>alert(1)</script>" * 9000
    assert (await upload(stoa, content, "C:\\papers\\Plän “A”.html")).status_code == 303
    (kept,) = await ids(stoa)
    shelf = (await browser.get("/start/shelf")).text
    assert "Plän “A”.html" in shelf
    assert "219.7 kB of 100.0 MB" in shelf or "219.7 kB of 100 MB" in shelf
    answer = await browser.get(f"/start/files/{kept}", headers={"accept-encoding": "br"})
    assert answer.content == content
    headers = answer.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith('attachment; filename="Pl_n _A_.html"')
    assert headers["content-disposition"].endswith("Pl%C3%A4n%20%E2%80%9CA%E2%80%9D.html")
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert "content-encoding" not in headers


RANGES = [
    ("bytes=0-0", 206, (0, 1)),
    ("bytes=65535-65536", 206, (65535, 65537)),
    ("bytes=65536-", 206, (65536, 150_000)),
    ("bytes=-10", 206, (149_990, 150_000)),
    ("bytes=-999999", 206, (0, 150_000)),
    ("bytes=149999-999999", 206, (149_999, 150_000)),
    ("bytes=150000-", 416, None),
    ("bytes=-0", 416, None),
    ("bytes=5-1", 200, (0, 150_000)),
    ("bytes=0-1,4-5", 200, (0, 150_000)),
    ("lines=1-2", 200, (0, 150_000)),
    ("bytes=", 200, (0, 150_000)),
]


async def test_one_range_of_a_file(stoa: Stoa) -> None:
    browser, content = await stoa.browser("amara"), bytes(number * 7 % 251 for number in range(150_000))
    await upload(stoa, content)
    path = f"/start/files/{(await ids(stoa))[0]}"
    for wanted, status, span in RANGES:
        answer = await browser.get(path, headers={"range": wanted})
        assert answer.status_code == status, wanted
        if span is None:
            assert answer.headers["content-range"] == "bytes */150000"
            assert answer.content == b""
            continue
        assert answer.content == content[slice(*span)], wanted
        if status == 206:
            assert answer.headers["content-range"] == f"bytes {span[0]}-{span[1] - 1}/150000"
    tag = (await browser.get(path)).headers["etag"]
    again = {"range": "bytes=0-9", "if-range": tag}
    assert (await browser.get(path, headers=again)).status_code == 206
    assert (await browser.get(path, headers={**again, "if-range": '"other"'})).status_code == 200


async def test_an_empty_file_is_a_file(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    assert (await upload(stoa, b"", "empty.txt")).status_code == 303
    path = f"/start/files/{(await ids(stoa))[0]}"
    assert (await browser.get(path)).content == b""
    assert (await browser.get(path, headers={"range": "bytes=0-"})).status_code == 416


async def test_a_picture_has_a_preview_made_anew(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    await upload(stoa, encode(picture()), "photo.jpg")
    await upload(stoa, b"no picture", "text.jpg")
    with_one, without = await ids(stoa)
    answer = await browser.get(f"/start/files/{with_one}/preview")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.content[8:12] == b"WEBP"
    assert (await browser.get(f"/start/files/{without}/preview")).status_code == 404
    assert f"/start/files/{with_one}/preview" in (await browser.get("/start")).text


async def test_uploads_that_will_not_do(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    refused = await upload(stoa, b"x" * (MOST_FILE_BYTES + 1))
    assert refused.status_code == 422
    assert "larger than 16 MB" in refused.text
    refused = await browser.post("/start/upload", data={"folder": ""}, files={"other": ("a", b"x")})
    assert refused.status_code == 400
    refused = await browser.post("/start/upload", data={"folder": ""})
    assert refused.status_code == 422
    assert "choose a file first" in refused.text
    assert (await upload(stoa, b"x", folder="987654321")).status_code == 404
    assert await ids(stoa) == []
    assert not [path for path in stoa.app.state.house.settings.files_folder.rglob("*") if path.is_file()]


async def test_the_room_for_files_is_not_overrun(stoa: Stoa) -> None:
    await upload(stoa, b"small")
    async with stoa.database.writing() as connection:
        await connection.execute(Keepsake.table.update().values(size=QUOTA_OF_FILES - 10))
    refused = await upload(stoa, b"x" * 11)
    assert refused.status_code == 422
    assert "no room left for this file" in refused.text
    assert (await upload(stoa, b"x" * 10)).status_code == 303


async def test_a_deleted_file_leaves_no_bytes(stoa: Stoa) -> None:
    browser, house = await stoa.browser("amara"), stoa.app.state.house
    await upload(stoa, encode(picture()), "photo.jpg")
    (kept,) = await ids(stoa)
    assert len([path for path in house.settings.files_folder.rglob("*") if path.is_file()]) == 2
    assert (await browser.post(f"/start/things/{kept}/delete")).status_code == 303
    assert (await browser.get(f"/start/files/{kept}")).status_code == 404
    assert (await browser.post(f"/start/deleted/{kept}/erase")).headers["location"] == "/start/deleted"
    while await work_once(house, "test"):
        pass
    assert not [path for path in house.settings.files_folder.rglob("*") if path.is_file()]
    assert await rows(stoa, select(File.c.name)) == []


BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE><H1>Bookmarks Menu</H1>
<DL><p>
    <DT><H3 ADD_DATE="1">Work &amp; law</H3>
    <DL><p>
        <DT><A HREF="https://example.org/a?x=1&amp;y=2" ICON="data:image/png,AAA" TAGS="law,steel">A &lt;b&gt;</A>
        <DD>Words beside it
        <DT><H3>Deeper</H3>
        <DL><p><DT><A HREF="http://example.org/deep">Deep</A></DL><p>
        <DT><A HREF="javascript:alert(1)">Run me</A>
    </DL><p>
    <DT><A HREF="place:sort=8">Most visited</A>
    <DT><A HREF="https://example.org/top">Top</A>
</DL>
"""


async def _import(stoa: Stoa, content: bytes, part: str = "amara", **fields: str) -> httpx.Response:
    sent = {"bookmarks": ("bookmarks.html", io.BytesIO(content), "text/html")}
    return await (await stoa.browser(part)).post("/start/bookmarks", files=sent, data=fields)


async def test_bookmarks_come_in_go_out_and_come_in_again(stoa: Stoa) -> None:
    browser, joost = await stoa.browser("amara"), await stoa.browser("joost")
    taken = await _import(stoa, BOOKMARKS.encode())
    assert taken.headers["location"] == "/start/bookmarks?added=3&left_out=2"
    said = (await browser.get(taken.headers["location"])).text
    assert "3 links were taken over. 2 entries were left out" in said
    shelf = (await browser.get("/start/shelf")).text
    assert "Work &amp; law" in shelf
    assert "https://example.org/top" in shelf
    assert "javascript:" not in shelf
    out = await browser.get("/start/bookmarks.html")
    assert out.headers["content-disposition"].startswith("attachment;")
    assert 'HREF="https://example.org/a?x=1&amp;y=2" TAGS="law,steel">A &lt;b&gt;</A>' in out.text
    again = await _import(stoa, out.content)
    assert again.headers["location"] == "/start/bookmarks?added=0&left_out=0"
    theirs = await _import(stoa, out.content, "joost")
    assert theirs.headers["location"] == "/start/bookmarks?added=3&left_out=0"
    assert (await joost.get("/start/bookmarks.html")).text == out.text


async def test_bookmark_files_that_will_not_do(stoa: Stoa) -> None:
    many = b"".join(b'<DT><A HREF="https://example.org/%d">x</A>\n' % number for number in range(5001))
    deep = b"<DL><p><DT><H3>x</H3>" * 5000 + b'<DT><A HREF="https://example.org/">x</A>'
    for content, said in (
        (many, "more than 5,000 bookmarks"),
        (deep, "nested too deeply"),
        (b"<p>no bookmarks</p>", "no bookmarks in this file"),
        (b"", "choose the file"),
        (b"x" * (8 * 1024 * 1024 + 1), "larger than 8 MB"),
    ):
        refused = await _import(stoa, content)
        assert refused.status_code == 422, said
        assert said in refused.text
    assert await ids(stoa) == []
    assert (await _import(stoa, many.rpartition(b"<DT>")[0])).headers["location"].endswith("added=5000&left_out=0")
    assert (await _import(stoa, BOOKMARKS.encode(), folder="987654321")).status_code == 404
