"""Each reader gets a form that they take, and every form holds the same text."""

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from backports import zstd

from tests.conftest import Stoa
from tests.web.heads import get
from web.compression import FAST, SMALLEST_COMPRESSED, WELL, Ways, form_for

BROWSERS = "gzip, deflate, br, zstd"
OPEN: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "zstd": zstd.decompress,
    "identity": bytes,
}


@pytest.mark.parametrize("form", OPEN)
@pytest.mark.parametrize("part", ["visitor", "joost"])
async def test_every_form_holds_the_same(stoa: Stoa, part: str, form: str) -> None:
    browser = await stoa.browser(part)
    plain = await browser.get("/about/privacy", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with browser.stream("GET", "/about/privacy", headers={"accept-encoding": form}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers.get("content-encoding", "identity") == form
    assert int(answer.headers["content-length"]) == len(raw)
    assert OPEN[form](raw) == plain.content
    assert answer.headers["vary"].endswith("Accept-Encoding")


async def test_what_is_kept_is_dense_and_what_is_sent_once_is_fast(stoa: Stoa) -> None:
    kept = await get(stoa, "/about/privacy", accept_encoding=BROWSERS)
    assert kept.headers["content-encoding"] == "br"
    browser = await stoa.browser("joost")
    async with browser.stream("GET", "/about/privacy", headers={"accept-encoding": BROWSERS}) as answer:
        assert answer.headers["content-encoding"] == "zstd"


async def test_a_refusal_and_an_export_are_compressed_too(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    for path in ("/no/such/page", "/profile/exposure.csv", "/start/bookmarks.html"):
        answer = await browser.get(path, headers={"accept-encoding": "gzip"})
        is_large = len(answer.content) >= SMALLEST_COMPRESSED
        assert answer.headers.get("content-encoding") == ("gzip" if is_large else None), path


@pytest.mark.parametrize(
    ("accepted", "fast", "dense"),
    [
        (BROWSERS, "zstd", "br"),
        ("gzip", "gzip", "gzip"),
        ("br", "br", "br"),
        ("zstd", "zstd", "zstd"),
        ("identity", "", ""),
        ("", "", ""),
    ],
)
def test_the_preferred_form_of_those_that_are_taken(accepted: str, fast: str, dense: str) -> None:
    assert form_for(accepted, FAST) == fast
    assert form_for(accepted, WELL) == dense


@pytest.mark.parametrize(("ways", "level"), [(FAST, 1), (WELL, 3)])
def test_nothing_of_one_text_is_in_the_form_of_the_next(ways: Ways, level: int) -> None:
    for text in (_page("a"), _page("b"), b"", _page("a")):
        assert ways["zstd"](text) == zstd.compress(text, level=level)  # as one that has seen nothing before makes it


def test_two_threads_do_not_meet_in_one_text() -> None:
    pages = [_page(str(number)) for number in range(500)]
    with ThreadPoolExecutor(8) as threads:
        assert [zstd.decompress(made) for made in threads.map(FAST["zstd"], pages)] == pages


def _page(marker: str) -> bytes:
    return f"<p>What only {marker} may read.</p>".encode() * 2_000
