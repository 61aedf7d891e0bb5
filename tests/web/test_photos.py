"""Photos over HTTP: every way in is refused or made harmless, and the bytes stand behind the entry's audience."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from domain.files import MOST_BYTES, PHOTO_SIZES
from domain.members import EntryKind, Slot
from domain.visibility import ALL_MEMBERS, EVERYONE, ONLY_ME, Audience
from storage.database import fetch_all
from storage.events import list_waiting
from storage.members.keys import hold_owner, write_entry
from storage.tables import Entry, File
from tests.conftest import Stoa
from tests.pictures import CANARY, HOSTILE, Upload, demand_harmless, encode, picture
from tests.web.test_bad_input import Faults
from web.routes.photos import LARGEST_FORM
from web.worker import work_once

FORM = "/profile/photo"
KIND = "multipart/form-data; boundary=b"
PLAIN = {"accept-encoding": "identity"}
SAID = {
    "empty": "Please choose a picture first.",
    "too-large": "This file is larger than 10 MB.",
    "too-small": "This picture is too small.",
    "too-many-pixels": "This picture has more pixels than we can take.",
    "unknown-type": "We take pictures in JPEG, PNG and WebP.",
    "broken": "This picture cannot be read.",
}


async def _send(browser: httpx.AsyncClient, upload: Upload) -> httpx.Response:
    sent = {"photo": (upload.name, upload.content, upload.media_type)}
    return await browser.post(FORM, files=sent, data={"action": "save"})


async def _rows(stoa: Stoa, statement: Any) -> list[Any]:
    async with stoa.database.reading() as connection:
        return await fetch_all(connection, statement)


async def _name(stoa: Stoa, part: str = "amara") -> str:
    """The file of this person's photo, empty when there is none."""
    entry = select(Entry.c.value).where(Entry.c.member_id == stoa.world[part].member_id)
    rows = await _rows(stoa, entry.where(Entry.c.kind == EntryKind.PHOTO))
    return str(rows[0][0]) if rows else ""


async def _choose(stoa: Stoa, audience: Audience) -> None:
    """Another audience for Amara's photo; the clock goes on, as audiences do not change in no time."""
    stoa.clock.now += timedelta(minutes=1)
    name, amara = await _name(stoa), stoa.world["amara"].member_id
    async with stoa.database.writing() as connection:
        owner = await hold_owner(connection, amara)
        await write_entry(connection, owner, Slot(EntryKind.PHOTO), name, audience, stoa.clock.now)


async def _with_photo(stoa: Stoa, audience: Audience = ALL_MEMBERS) -> str:
    browser = await stoa.browser("amara")
    assert (await _send(browser, Upload(encode(picture())))).status_code == 303
    await _choose(stoa, audience)
    return await _name(stoa)


def _files(home: Path) -> set[str]:
    return {path.name for path in (home / "files").rglob("*") if path.is_file()}


def _everything_written(home: Path) -> list[bytes]:
    """The database with its log, the secrets, the files."""
    return [path.read_bytes() for path in home.rglob("*") if path.is_file()]


async def test_every_bent_upload_is_refused_or_made_harmless(stoa: Stoa, tmp_path: Path) -> None:
    browser, faults = await stoa.browser("amara"), Faults()
    for which, build in HOSTILE.items():
        upload = build()
        with faults.about(which):
            before, there = await _name(stoa), _files(tmp_path)
            answer = await _send(browser, upload)
            if upload.problem is not None:
                assert answer.status_code == 422
                assert answer.text.count(SAID[upload.problem]) == 2  # above the form, and beside the field
                assert (await _name(stoa), _files(tmp_path)) == (before, there)
                continue
            assert answer.status_code == 303
            name = await _name(stoa)
            assert name != before
            for size in PHOTO_SIZES:
                demand_harmless((await browser.get(f"/photos/{name}/{size}")).content, size)
    faults.demand_none()
    assert not [name for name in _files(tmp_path) if not re.fullmatch(r"[\w-]{22}-(64|160|480)\.webp", name)]
    assert CANARY.encode() not in b"".join(_everything_written(tmp_path))


async def test_a_photo_is_chosen_shown_and_removed(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    page = (await browser.get(FORM)).text
    assert 'enctype="multipart/form-data"' in page
    assert "/photos/" not in page
    assert "Remove my photo" not in page
    saved = await _send(browser, Upload(encode(picture())))
    assert (saved.status_code, saved.headers["location"]) == (303, "/profile/edit")
    name = await _name(stoa)
    page = (await browser.get(FORM)).text
    assert f"/photos/{name}/160" in page
    assert "Remove my photo" in page
    gone = await browser.post(FORM, data={"action": "remove"})
    assert (gone.status_code, gone.headers["location"]) == (303, "/profile/edit")
    assert await _name(stoa) == ""
    assert (await browser.get(f"/photos/{name}/64")).status_code == 404
    assert "/photos/" not in (await browser.get(FORM)).text


async def test_removing_counts_also_with_a_file_beside_it(stoa: Stoa) -> None:
    await _with_photo(stoa)
    browser = await stoa.browser("amara")
    sent = {"photo": ("photo.jpg", encode(picture()), "image/jpeg")}
    assert (await browser.post(FORM, files=sent, data={"action": "remove"})).status_code == 303
    assert await _name(stoa) == ""


async def test_what_was_dropped_is_deleted_by_the_worker(stoa: Stoa, tmp_path: Path) -> None:
    first = await _with_photo(stoa)
    second = await _with_photo(stoa)
    assert len(_files(tmp_path)) == 6
    house = stoa.app.state.house
    while await work_once(house, "test"):
        pass
    assert _files(tmp_path) == {f"{second}-{size}.webp" for size in PHOTO_SIZES}
    assert [name for (name,) in await _rows(stoa, select(File.c.name))] == [second]
    assert await list_waiting(stoa.database, stoa.clock.now) == []
    assert first != second


# Who gets the bytes.


async def test_the_bytes_come_as_a_picture_and_nothing_else(stoa: Stoa) -> None:
    name = await _with_photo(stoa, EVERYONE)
    for part in ("visitor", "tariq"):
        browser = await stoa.browser(part)
        for size in PHOTO_SIZES:
            answer = await browser.get(f"/photos/{name}/{size}", headers={"accept-encoding": "br, gzip"})
            assert answer.status_code == 200
            demand_harmless(answer.content, size)
            headers = answer.headers
            assert headers["content-type"] == "image/webp"
            assert headers["content-disposition"] == "inline"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "private, no-cache"
            assert headers["etag"] == f'"{name}-{size}"'
            assert headers["vary"] == "Cookie"
            assert "sandbox" in headers["content-security-policy"]
            assert "content-encoding" not in headers
            assert "set-cookie" not in headers


async def test_head_says_the_same_without_the_bytes(stoa: Stoa) -> None:
    name = await _with_photo(stoa)
    browser = await stoa.browser("tariq")
    whole, head = await browser.get(f"/photos/{name}/64"), await browser.head(f"/photos/{name}/64")
    assert head.status_code == 200
    assert head.content == b""
    assert dict(head.headers) == dict(whole.headers)
    assert (await (await stoa.browser()).head(f"/photos/{name}/64")).status_code == 404


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
async def test_who_has_it_is_told_so_only_while_they_may_look(stoa: Stoa, form: str) -> None:
    name = await _with_photo(stoa)
    path, asked = f"/photos/{name}/64", {"if-none-match": form.format(f"{name}-64")}
    tariq, visitor = await stoa.browser("tariq"), await stoa.browser()
    known = await tariq.get(path, headers=asked)
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["etag"] == f'"{name}-64"'
    assert (await visitor.get(path, headers=asked)).status_code == 404
    await _choose(stoa, ONLY_ME)
    assert (await tariq.get(path, headers=asked)).status_code == 404
    other = {"if-none-match": f'"{name}-160"'}
    assert (await (await stoa.browser("amara")).get(path, headers=other)).status_code == 200


@pytest.mark.parametrize(
    ("audience", "seeing"),
    [
        ("only-me", {"amara"}),
        ("sig:2", {"amara", "lin"}),
        ("my-sigs", {"amara", "joost", "lin"}),
        ("members", {"amara", "joost", "lin", "tariq"}),
        ("everyone", {"amara", "joost", "lin", "tariq", "nina", "sven", "visitor"}),
    ],
)
async def test_every_size_stands_behind_the_audience(stoa: Stoa, audience: str, seeing: set[str]) -> None:
    name = await _with_photo(stoa, Audience.parse(audience))
    for part in ("visitor", "amara", "joost", "lin", "tariq", "nina", "sven"):
        browser = await stoa.browser(part)
        for size in PHOTO_SIZES:
            for headers in ({}, {"range": "bytes=0-10"}, {"accept": "text/html"}, {"hx-request-type": "partial"}):
                answer = await browser.get(f"/photos/{name}/{size}", headers=headers)
                assert answer.status_code == (200 if part in seeing else 404), (part, size, headers)
                assert (b"WEBP" in answer.content) == (part in seeing)


async def test_hidden_is_missing_byte_by_byte(stoa: Stoa) -> None:
    name = await _with_photo(stoa)
    unknown = "A" * len(name)
    for part in ("visitor", "nina"):
        browser = await stoa.browser(part)
        hidden, missing = [await browser.get(f"/photos/{one}/64", headers=PLAIN) for one in (name, unknown)]
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert hidden.content.replace(name.encode(), unknown.encode()) == missing.content
        assert dict(hidden.headers) == dict(missing.headers)


async def test_narrowing_holds_at_once_and_says_gone_of_what_was_public(stoa: Stoa) -> None:
    name = await _with_photo(stoa, EVERYONE)
    visitor = await stoa.browser()
    assert (await visitor.get(f"/photos/{name}/64")).status_code == 200
    await _choose(stoa, ALL_MEMBERS)
    gone = await visitor.get(f"/photos/{name}/64")
    assert gone.status_code == 410
    assert gone.headers["content-type"].startswith("text/html")
    assert gone.headers["cache-control"] == "no-store"
    assert "Amara" not in gone.text
    assert (await (await stoa.browser("tariq")).get(f"/photos/{name}/64")).status_code == 200
    await _choose(stoa, EVERYONE)
    assert (await visitor.get(f"/photos/{name}/64")).status_code == 200


async def test_addresses_that_are_none(stoa: Stoa) -> None:
    name = await _with_photo(stoa, EVERYONE)
    browser = await stoa.browser("amara")
    sizes = ("63", "064", "0", "-64", "6.4e1", "99999999999999999999", "x", "64/x", "64.webp", "64;v=1")
    odd = [name, *(f"{name}/{size}" for size in sizes)]
    odd += [f"{name}-64.webp", f"{name}.webp/64", "..%2f..%2fsecrets.json/64", "%2e%2e/64", f"{name}%00/64"]
    for path in odd:
        answer = await browser.get(f"/photos/{path}")
        assert answer.status_code in {400, 404}, path
        assert b"WEBP" not in answer.content


# What comes in.


async def test_nothing_chosen_is_said_so(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    unchosen = part % (b"photo", b'; filename=""\r\nContent-Type: application/octet-stream', b"") + b"--b--\r\n"
    for content, media_type in ((unchosen, KIND), (b"action=save", "application/x-www-form-urlencoded")):
        answer = await browser.post(FORM, content=content, headers={"content-type": media_type})
        assert answer.status_code == 422
        assert SAID["empty"] in answer.text
    as_text = part % (b"photo", b"", b"no file") + b"--b--\r\n"
    answer = await browser.post(FORM, content=as_text, headers={"content-type": KIND})
    assert (answer.status_code, SAID["empty"] in answer.text) == (422, True)


async def test_too_much_is_refused_before_it_is_read(stoa: Stoa, tmp_path: Path) -> None:
    browser = await stoa.browser("amara")
    start = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="x.jpg"\r\n\r\n'

    async def drops() -> AsyncIterator[bytes]:
        yield start
        for _ in range(LARGEST_FORM // 65536 + 2):
            yield bytes(65536)

    headers = {"content-type": KIND}
    answer = await browser.post(FORM, content=start + bytes(LARGEST_FORM), headers=headers)
    assert answer.status_code == 422
    assert SAID["too-large"] in answer.text
    assert (await browser.post(FORM, content=drops(), headers=headers)).status_code == 411  # it does not say how much
    assert _files(tmp_path) == set()
    exact = encode(picture())
    exact += bytes(MOST_BYTES - len(exact))
    assert (await _send(browser, Upload(exact))).status_code == 303


async def test_files_are_taken_in_one_field_of_one_form_only(stoa: Stoa, tmp_path: Path) -> None:
    browser = await stoa.browser("amara")
    sent = ("photo.jpg", encode(picture()), "image/jpeg")
    large = ("photo.jpg", encode(picture()) + bytes(2 * 1024 * 1024), "image/jpeg")
    for files in (
        [("photo", sent), ("photo", sent)],
        [("photo", large), ("photo", large)],
        [("photo", sent), ("other", sent)],
        [("action", sent)],
        [("other", large)],
    ):
        assert (await browser.post(FORM, files=files)).status_code == 400
    for path in ("/profile/edit", "/settings/email", f"/threads/{stoa.world.public_thread.thread_id}/replies"):
        assert (await browser.post(path, files=[("photo", sent)])).status_code == 400, path
        assert (await browser.post(path, files=[("photo", large)])).status_code == 413, path
    assert _files(tmp_path) == set()


async def test_a_form_that_is_none(stoa: Stoa, tmp_path: Path) -> None:
    browser, faults = await stoa.browser("amara"), Faults()
    part = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="x.jpg"\r\n'
    whole = part + b"\r\n" + encode(picture()) + b"\r\n--b--\r\n"
    text = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    many = b"".join(text % (b"f%d" % number, b"", b"x") for number in range(2000))
    unknown = text % (b"action", b"\r\nContent-Type: text/plain; charset=none", b"x")
    strange = {
        "no boundary": (whole, "multipart/form-data"),
        "another boundary": (whole, "multipart/form-data; boundary=c"),
        "cut off": (whole[:200], KIND),
        "many parts": (many + b"--b--\r\n", KIND),
        "unknown letters": (unknown + b"--b--\r\n", KIND),
        "no letters": (text % (b"action", b"", b"\xff\xfe") + b"--b--\r\n", KIND),
    }
    for what, (content, kind) in strange.items():
        with faults.about(what):
            answer = await browser.post(FORM, content=content, headers={"content-type": kind})
            assert answer.status_code == 400, answer.status_code
    for what, kind in {"the file alone": "image/jpeg", "JSON": "application/json"}.items():
        with faults.about(what):
            answer = await browser.post(FORM, content=whole, headers={"content-type": kind})
            assert answer.status_code in {400, 415, 422}, answer.status_code
    faults.demand_none()
    assert _files(tmp_path) == set()


async def test_who_may_send_one(stoa: Stoa, tmp_path: Path) -> None:
    visitor = await stoa.browser()
    assert (await visitor.get(FORM)).headers["location"] == "/sign-in?next=/profile/photo"
    assert (await _send(visitor, Upload(encode(picture())))).status_code == 401
    amara = await stoa.browser("amara")
    elsewhere = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    sent = {"photo": ("photo.jpg", encode(picture()), "image/jpeg")}
    assert (await amara.post(FORM, files=sent, headers=elsewhere)).status_code == 403
    assert _files(tmp_path) == set()
    nina = await stoa.browser("nina")  # not confirmed: she may, and nobody else sees it
    assert (await _send(nina, Upload(encode(picture())))).status_code == 303
    name = await _name(stoa, "nina")
    assert (await nina.get(f"/photos/{name}/64")).status_code == 200
    for part in ("visitor", "amara", "joost", "tariq"):
        assert (await (await stoa.browser(part)).get(f"/photos/{name}/64")).status_code == 404
