"""Forms as they are read: what was typed is there for one request, and then no longer."""

import functools
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Stoa
from tests.web.account_steps import ADA, keeping_browser, register, sign_in

TYPED = "seventeen-quiet-gondolas"


def _held_by(cached: Any) -> Iterator[str | bytes]:
    """Every text that a function's cache holds, as a key or as a result."""
    looked_at, found = set[int](), [cached]
    while found:
        thing = found.pop()
        if id(thing) in looked_at:
            continue
        looked_at.add(id(thing))
        if isinstance(thing, str | bytes):
            yield thing
        elif thing is cached or isinstance(thing, dict | list | tuple) or "lru" in type(thing).__name__:
            found += gc.get_referents(thing)


def _caches_with(typed: str) -> list[str]:
    caches = [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]
    needles: tuple[str, bytes] = (typed, typed.encode())
    return [
        each.__qualname__
        for each in caches
        if any((needles[0] if isinstance(text, str) else needles[1]) in text for text in _held_by(each))  # type: ignore[operator]  # each in its own kind
    ]


def test_a_cache_that_holds_it_is_found() -> None:
    @functools.lru_cache
    def keep(typed: bytes) -> dict[str, str]:
        return {"typed": typed.decode()}

    keep(TYPED.encode())
    assert [name.rpartition(".")[2] for name in _caches_with(TYPED)] == ["keep"]


async def test_what_was_typed_stays_in_no_cache(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    assert (await register(stoa, browser, password=TYPED)).status_code == 303
    await sign_in(browser, ADA["email"], TYPED)
    assert not _caches_with(TYPED)


@pytest.mark.parametrize(
    ("body", "status"), [("a=%FF", 400), ("a=1&a=2", 400), ("&".join(f"f{n}=x" for n in range(1001)), 400), ("", 422)]
)
async def test_a_form_that_no_browser_sends_is_refused(stoa: Stoa, body: str, status: int) -> None:
    browser = await keeping_browser(stoa)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await browser.post("/sign-in", content=body, headers=headers)).status_code == status
