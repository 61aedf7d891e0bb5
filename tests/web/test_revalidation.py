"""Asking again: a tag for each form of the bytes, and nothing sent twice."""

import re

import pytest

from tests.conftest import Stoa
from tests.web.heads import get, reply_in, start
from web.revalidation import matches


@pytest.mark.parametrize("path", ["/", "/threads/1", "/sigs/turnaround/feed", "/sitemap.xml", "/robots.txt"])
async def test_visitors_ask_again_and_get_nothing_twice(stoa: Stoa, path: str) -> None:
    first = await get(stoa, path)
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]+"', tag)
    again = await get(stoa, path, if_none_match=f'"other", W/{tag}')
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control"):
        assert again.headers[name] == first.headers[name]
    assert "Accept-Encoding" in first.headers["vary"]
    assert (await get(stoa, path, if_none_match='"other"')).status_code == 200
    member = await get(stoa, path, "joost", if_none_match=tag)
    assert (member.status_code, member.headers["cache-control"]) == (200, "no-store")


async def test_each_form_of_the_bytes_has_a_tag_of_its_own(stoa: Stoa) -> None:
    tags = {}
    for encoding in ("identity", "gzip", "br"):
        answer = await get(stoa, "/threads/1", accept_encoding=encoding)
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert answer.headers["vary"].count("Accept-Encoding") == 1
        tags[encoding] = answer.headers["etag"]
        again = await get(stoa, "/threads/1", accept_encoding=encoding, if_none_match=tags[encoding])
        assert again.status_code == 304
    assert len(set(tags.values())) == 3
    crossed = await get(stoa, "/threads/1", accept_encoding="br", if_none_match=tags["gzip"])
    assert crossed.status_code == 200


async def test_a_tag_is_of_no_use_once_the_page_has_changed_or_gone(stoa: Stoa) -> None:
    thread = await start(stoa)
    path = f"/threads/{thread.thread_id}"
    tag = (await get(stoa, path)).headers["etag"]
    await reply_in(stoa, thread)
    changed = await get(stoa, path, if_none_match=tag)
    assert changed.status_code == 200
    missing = await get(stoa, "/people/lin-page", if_none_match="*")
    assert missing.status_code == 404


async def test_what_is_too_small_to_compress_has_one_tag(stoa: Stoa) -> None:
    answers = [
        await get(stoa, "/.well-known/security.txt", accept_encoding=name) for name in ("identity", "br", "gzip")
    ]
    assert all("content-encoding" not in answer.headers for answer in answers)
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert all(answer.headers["vary"].count("Accept-Encoding") == 1 for answer in answers)


async def test_head_says_what_get_says(stoa: Stoa) -> None:
    browser = await stoa.browser()
    for encoding in ("identity", "br"):
        got, headed = [
            await browser.request(method, "/threads/1", headers={"accept-encoding": encoding})
            for method in ("GET", "HEAD")
        ]
        assert dict(got.headers) == dict(headed.headers)


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [('"a"', True), ('"b", "a"', True), ('W/"a"', True), ("*", True), ('"b"', False), ("", False), ("a", False)],
)
def test_tags_are_compared_one_by_one(asked: str, is_found: bool) -> None:
    assert matches(asked, '"a"') is is_found
