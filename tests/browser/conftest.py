"""What the browser tests share: one server and one Chromium a worker, a fresh profile of cookies a test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, StorageState, async_playwright, expect

from tests import services
from tests.browser.acts import sign_in
from tests.browser.site import MODES, Site, open_site
from tests.browser.watching import Watch

_LEFT_OUT = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),  # a renderer for each window, and no test types an address
    # What Playwright leaves out itself: of two lists, the last counts.
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch"),
)
CHROMIUM_OPTIONS = (
    f"--disable-features={','.join(_LEFT_OUT)}",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
)
PATIENCE = 15_000
"""Milliseconds until something that was waited for counts as missing. Long, because machines that test are busy."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The server with its world."""
    home: Path = tmp_path_factory.mktemp("site")
    async with open_site(home) as opened:
        yield opened


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=services.chromium_path(), args=list(CHROMIUM_OPTIONS)
        )
        yield browser
        await browser.close()


@pytest.fixture(params=MODES)
def script(request: pytest.FixtureRequest) -> bool:
    """Every journey is made twice: with script and without."""
    return bool(request.param == "on")


@dataclass
class Browsers:
    """Opens browsers for one test, and watches them."""

    chromium: Browser
    site: Site
    watch: Watch
    exits: AsyncExitStack
    states: dict[str, StorageState] = field(default_factory=dict)

    async def context(self, **options: Any) -> BrowserContext:
        """A profile without any cookie."""
        chosen = {
            "viewport": {"width": 1280, "height": 900},
            "base_url": self.site.origin,
            "locale": "en-GB",
            **options,
        }
        context = await self.chromium.new_context(**chosen)
        self.exits.push_async_callback(context.close)
        context.set_default_timeout(PATIENCE)
        self.watch.over(context)
        return context

    async def visitor(self, *, script: bool = True, **options: Any) -> Page:
        """A page of a browser in which nobody has signed in."""
        return await (await self.context(java_script_enabled=script, **options)).new_page()

    async def member(self, part: str, *, script: bool = True, **options: Any) -> Page:
        """A page of a browser in which this person has signed in, through the form, the first time that it is asked."""
        if part not in self.states:
            page = await self.visitor()
            await sign_in(page, self.site.person(part).email)
            self.states[part] = await page.context.storage_state()
        return await self.visitor(script=script, storage_state=self.states[part], **options)

    async def viewer(self, name: str, *, script: bool = True) -> Page:
        """A page of the visitor or of this member."""
        return await (self.visitor(script=script) if name == "visitor" else self.member(name, script=script))


@pytest.fixture(scope="session")
def sessions() -> dict[str, StorageState]:
    """Who has signed in, with their cookies: kept, because signing in is throttled and takes time."""
    return {}


@dataclass
class Lookers:
    """One open page a viewer, kept for the tests that only look: opening a browser takes longer than looking."""

    browsers: Browsers
    pages: dict[str, Page] = field(default_factory=dict)

    async def page(self, viewer: str) -> Page:
        """The page of this viewer, wherever the last test left it."""
        if viewer not in self.pages:
            self.pages[viewer] = await self.browsers.viewer(viewer)
        return self.pages[viewer]


@pytest.fixture(scope="session")
async def all_lookers(chromium: Browser, site: Site, sessions: dict[str, StorageState]) -> AsyncIterator[Lookers]:
    """The lookers of a worker's whole run."""
    async with AsyncExitStack() as exits:
        yield Lookers(Browsers(chromium, site, Watch(site.origin), exits, sessions))


@pytest.fixture
def lookers(all_lookers: Lookers) -> Iterator[Lookers]:
    """The lookers for one test. Whatever the watch finds meanwhile fails it."""
    watch = all_lookers.browsers.watch
    watch.forget()
    yield all_lookers
    assert watch.findings == []


@pytest.fixture
async def browsers(chromium: Browser, site: Site, sessions: dict[str, StorageState]) -> AsyncIterator[Browsers]:
    """Browsers for this test. Whatever the watch finds in any of them fails it."""
    watch = Watch(site.origin)
    async with AsyncExitStack() as exits:
        yield Browsers(chromium, site, watch, exits, sessions)
    assert watch.findings == []
