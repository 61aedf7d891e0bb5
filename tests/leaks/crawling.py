"""The crawl: every route × every viewer × every form of asking, and each answer searched for canaries in all its bytes.

What is asked to write is rehearsed: in one transaction that is taken back after the answer, so that the world stays
as it was planted. The report holds what was found and what was seen, and the tests decide over it; a test that breaks
the product on purpose asks the same crawl.
"""

import io
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Never

import structlog
from litestar import Litestar

from domain.views import PageView
from storage.seeding import together
from tests.leaks.asking import Answer, ask, form_headers
from tests.leaks.asks import Ask, Route, Specimens
from tests.leaks.canaries import Canary
from tests.leaks.oracle import BEARERS, VIEWERS
from tests.leaks.own_pages import lookers
from tests.leaks.planted import Planted
from tests.leaks.specimens import SPECIMENS, route_table
from web import words
from web.house import House
from web.visits import SESSION_COOKIE

AGENTS = {
    "crawler": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "ai-bot": "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.1)",
    "bearer": "Liferea/1.15",
}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Headers = tuple[tuple[str, str], ...]
_WHOLE = re.compile("zq[0-9a-f]{16}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """A way of asking for the same thing."""

    name: str
    method: str = ""
    headers: Headers = ()
    path: Callable[[str], str] = str


def _with(query: str) -> Callable[[str], str]:
    return lambda path: f"{path}{'&' if '?' in path else '?'}{query}"


def _before_query(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(path: str) -> str:
        place, mark, query = path.partition("?")
        return change(place) + mark + query

    return changed


PLAIN = Form("plain")
FORMS = (
    PLAIN,
    Form("HEAD", method="HEAD"),
    Form("compressed", headers=(("accept-encoding", "br, gzip"),)),
    Form("json", headers=(("accept", "application/json, application/xml;q=0.9"),)),
    Form("format", path=_with("format=json&debug=1&fields=*&include=entries")),
    Form("suffix", path=_before_query(lambda place: f"{place}.json")),
    Form("slash", path=_before_query(lambda place: f"{place}/")),
    Form("upper", path=_before_query(str.upper)),
    Form("page 0", path=_with("page=0")),
    Form("page -1", path=_with("page=-1")),
    Form("page huge", path=_with("page=99999999999999999999")),
)


def partial(block: str) -> Form:
    """Asking for one block of the page, as htmx does."""
    headers = (("hx-request", "true"), ("hx-request-type", "partial"), ("hx-target", f"section#{block}"))
    return Form(f"block {block}", headers=headers)


@dataclass(frozen=True, slots=True)
class Hit:
    """A canary where the oracle allows none."""

    canary: Canary
    viewer: str
    where: str

    def __str__(self) -> str:
        return f"{self.viewer} got {self.canary} at {self.where}"


@dataclass
class Report:
    """What a crawl found. `seen` says at which routes a viewer met a canary that they may see."""

    hits: list[Hit] = field(default_factory=list)
    seen: set[tuple[str, str, str]] = field(default_factory=set)
    routes: set[Route] = field(default_factory=set)
    viewers: set[str] = field(default_factory=set)
    requests: int = 0
    defects: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


@dataclass
class Theatre:
    """An app with the planted world in it, everything that it logs, and what it wrote into its home."""

    app: Litestar
    planted: Planted
    home: Path
    logged: io.StringIO = field(default_factory=io.StringIO)
    specimens: Mapping[Route, Specimens] = field(default_factory=lambda: dict(SPECIMENS))

    @property
    def house(self) -> House:
        """The house behind the app."""
        house: House = self.app.state.house
        return house

    async def ask(self, viewer: str, asked: Ask, form: Form = PLAIN, *, method: str = "GET") -> Answer:
        """One request of this viewer."""
        headers = [("user-agent", AGENTS.get(viewer, BROWSER)), *form.headers]
        if token := self.planted.sessions.get(viewer):
            headers.append(("cookie", f"{SESSION_COOKIE}={token}"))
        if method == "POST":
            headers += form_headers(len(asked.body))
        body = asked.body if method == "POST" else b""
        return await ask(self.app, form.path(asked.path), method=form.method or method, headers=headers, body=body)

    async def rehearse(self, viewer: str, asked: Ask) -> Answer:
        """One form sent; what it writes is taken back once the answer is here."""
        house, answers = self.house, list[Answer]()
        try:
            async with together(house.database) as stage:
                self.app.state.house = replace(house, database=stage)
                answers.append(await self.ask(viewer, asked, method="POST"))
                _take_back()
        except _TakenBack:
            return answers[0]
        finally:
            self.app.state.house = house


class _TakenBack(Exception):
    """Undoes a transaction whose answer was all that was wanted."""


def _take_back() -> Never:
    raise _TakenBack


async def crawl(
    theatre: Theatre,
    *,
    viewers: Iterable[str] = VIEWERS,
    routes: Iterable[Route] | None = None,
    full: bool = True,
    report: Report | None = None,
) -> Report:
    """Ask everything of everyone, and look into each answer. What is found is added to a report, or to a new one."""
    report = report or Report()
    for route in route_table(theatre.app):
        if routes is not None and route not in routes:
            continue
        asks = list(theatre.specimens[route](theatre.planted))
        report.routes.add(route)
        for viewer in viewers:
            report.viewers.add(viewer)
            for asked in asks:
                if is_asked_by(viewer, route, asked):
                    await _ask_all(theatre, report, route, viewer, asked, full=full)
    scan(theatre, report, "", theatre.logged.getvalue().encode(), "the logs")
    for path in sorted(theatre.home.rglob("*")):
        if path.is_file() and "stoa.db" not in path.name and path.name != "secrets.json" and _is_loose(theatre, path):
            scan(theatre, report, "", path.read_bytes(), f"the file {path.name}")
    return report


def _is_loose(theatre: Theatre, path: Path) -> bool:
    """Whether a file is none of the store's, whose bytes are what they are for."""
    return theatre.house.settings.files_folder not in path.parents


def is_asked_by(viewer: str, route: Route, asked: Ask) -> bool:
    """Whether this viewer asks this: who bears a feed's token has nothing else, and nobody else has it."""
    if viewer in BEARERS and not route[1].startswith("/feeds/"):
        return False
    return not asked.viewers or viewer in asked.viewers


async def _ask_all(theatre: Theatre, report: Report, route: Route, viewer: str, asked: Ask, *, full: bool) -> None:
    if route[0] == "POST":
        look(theatre, report, route, viewer, asked, PLAIN, await theatre.rehearse(viewer, asked))
        return
    blocks: set[str] = set()
    with _noted_blocks(theatre) if asked.full else nullcontext(blocks) as blocks:
        look(theatre, report, route, viewer, asked, PLAIN, await theatre.ask(viewer, asked))
    if full and asked.full:
        for form in (*FORMS[1:], *map(partial, sorted(blocks))):
            look(theatre, report, route, viewer, asked, form, await theatre.ask(viewer, asked, form))


@contextmanager
def _noted_blocks(theatre: Theatre) -> Iterator[set[str]]:
    """The names of all blocks of the pages that are rendered meanwhile."""
    templates, blocks = theatre.house.templates, set[str]()
    render = templates.render

    def noting(page: PageView, *, block: str | None = None, **frame: object) -> str:
        blocks.update(templates.environment.get_template(page.template).blocks)
        return render(page, block=block, **frame)

    templates.render = noting  # type: ignore[method-assign]
    try:
        yield blocks
    finally:
        del templates.render


def look(theatre: Theatre, report: Report, route: Route, viewer: str, asked: Ask, form: Form, answer: Answer) -> None:
    """Search an answer, its status line, headers and cookies included, for what this viewer may not see."""
    report.requests += 1
    report.statuses[answer.status] = report.statuses.get(answer.status, 0) + 1
    where = f"{route[0]} {asked.path} ({form.name})"
    if answer.status >= 500:
        report.defects.append(f"{answer.status} for {viewer} at {where}")
    said = [form.path(asked.path), asked.path, *(asked.form or {}).values()]
    tokens = theatre.planted.feed_tokens.values() if viewer in BEARERS else ()
    raw = _without(answer.raw, said, tokens)
    found = scan(theatre, report, viewer, raw, where, path=asked.path.partition("?")[0], route=route[1])
    report.seen |= {(canary.token, viewer, route[1]) for canary in found}


def _without(raw: bytes, said: Iterable[str], tokens: Iterable[str]) -> bytes:
    """The answer without what the viewer said themselves: their path comes back in links that lead through sign-in.
    A beginning of a canary is none, and taking it out would blind us for every canary that begins so."""
    for part in said:
        for word in part.replace("?", "/").replace("=", "/").split("/"):
            if _WHOLE.match(word):
                raw = raw.replace(word.encode(), b"")
    for token in tokens:
        raw = raw.replace(f"/sign-in?next=/feeds/{token}".encode(), b"")
    return raw


def scan(
    theatre: Theatre, report: Report, viewer: str, haystack: bytes, where: str, *, path: str = "", route: str = ""
) -> set[Canary]:
    """Note every canary that this viewer may not see, and return all that are there."""
    found = theatre.planted.cage.find(haystack, path)
    secret = [canary for canary in found if not canary.may_be_seen_by(viewer) and route not in canary.told_at]
    report.hits += [Hit(canary, viewer, where) for canary in secret]
    return found


_OWN = (
    "/profile/edit",
    "/profile/public",
    "/profile/exposure",
    "/profile/exposure.csv",
    "/profile/view-as/exactly",
    "/profile/photo",
    "/lists",
    "/settings/feeds",
    "/settings/sessions",
)


def _own_pages(planted: Planted, owner: str) -> Iterator[tuple[str, str]]:
    """Route and address of what belongs to an owner."""
    page = f"/people/{planted.world[owner].public_id}"
    yield "/people/{address:str}", page
    yield "/people/{address:str}", f"/people/{planted.world['connie'].public_id}"
    yield "/people/{address:str}/feed", f"{page}/feed"
    yield "/photos/{name:str}/{size:int}", f"/photos/{planted.photos[owner]}/160"
    yield "/people/{address:str}/scraps", f"{page}/scraps"
    yield "/lists/{list_id:int}", f"/lists/{planted.lists[owner]}"
    for path in _OWN:
        yield path, path
    for kind, position in (("experience", 1), ("education", 1), ("link", 2)):
        yield "/profile/{kind:str}/{position:int}", f"/profile/{kind}/{position}"
    for sig in ("turnaround", "boardroom"):
        yield "/posts/{post_id:int}/edit", f"/posts/{planted.posts[f'{sig} {owner}']}/edit"
    for page_number in (1, 2, 3):
        yield "/threads/{thread_id:int}", f"/threads/{planted.threads['turnaround']}?page={page_number}"
    if owner in planted.receipts:
        yield "/profile/receipts/{receipt_id:int}", f"/profile/receipts/{planted.receipts[owner]}"


async def crawl_own(theatre: Theatre, report: Report, owners: Iterable[str] | None = None) -> None:
    """Each owner looks at their own page and posts: the positive control of `only me`, and their neighbours'. And at
    their own page through other eyes, where they must meet nothing that those may see and they may not."""
    planted = theatre.planted
    for owner in owners or planted.owners:
        asks = [(route, Ask(path)) for route, path in _own_pages(planted, owner)]
        if owner.startswith(("settled", "left", "nameless")):
            eyes = [Ask(f"/profile/view-as?looker={looker}") for looker in lookers(planted, owner)]
            asks += [("/profile/view-as", asked) for asked in eyes]
        for route, asked in asks:
            look(theatre, report, ("GET", route), owner, asked, PLAIN, await theatre.ask(owner, asked))


@contextmanager
def listening(theatre: Theatre) -> Iterator[None]:
    """Keep whatever is logged meanwhile, by structlog and by anybody's own logger."""
    handler = logging.StreamHandler(theatre.logged)
    root, level = logging.getLogger(), logging.getLogger().level
    before = structlog.get_config()["logger_factory"]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(theatre.logged))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        structlog.configure(logger_factory=before)


def plain_genders() -> Callable[[object], str]:
    """What the test puts in place of `words.gender`: a canary stands where the answer would, as it is."""
    original = words.gender
    return lambda value: str(value) if str(value).startswith("zq") else original(value)  # type: ignore[arg-type]
