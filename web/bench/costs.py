"""What one answer costs, apart from time: statements, counted inside an app of the same code over the same data, and
bytes, as the real server sends them."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from litestar import Litestar

from storage.database import statements_of_request
from web.app import create_app
from web.bench.load import ACCEPTED, Scenario
from web.bench.rendered import show_rendered
from web.bench.server import fetch
from web.routes import all_routes
from web.settings import Settings

HOST = "127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Bytes:
    """The size of one answer's body, plain and as a browser gets it."""

    plain: int
    compressed: int


class _Linked(HTMLParser):
    """The style sheets and scripts that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a browser would fetch."""
        given = dict(attrs)
        found = given.get("src") if tag == "script" else given.get("href") if given.get("rel") == "stylesheet" else None
        if found:
            self.addresses.append(found)


def weigh(port: int, scenario: Scenario, session: str) -> Bytes:
    """The bytes of a page. Raises LookupError when it does not answer with 200."""
    headers = scenario.headers(session)
    plain = fetch(port, scenario.path, headers)
    if plain.status != 200:
        raise LookupError(f"{scenario.path} answers {plain.status}")
    return Bytes(len(plain.body), len(fetch(port, scenario.path, {**headers, "accept-encoding": ACCEPTED}).body))


def weigh_first_visit(port: int, path: str) -> dict[str, int]:
    """What goes over the wire when a visitor's browser opens a page for the first time: HTML, CSS and JavaScript."""
    page = _Linked()
    page.feed(fetch(port, path).body.decode())
    sizes = {
        address: len(fetch(port, address, {"accept-encoding": ACCEPTED}).body) for address in (path, *page.addresses)
    }
    return {
        "html": sizes.pop(path),
        "css": sum(size for address, size in sizes.items() if address.endswith(".css")),
        "js": sum(size for address, size in sizes.items() if address.endswith(".js")),
    }


async def count_statements(settings: Settings, rows: list[Scenario], session: str, body: str) -> dict[str, int]:
    """How many statements each scenario takes, by name, when everything that is prepared once has been, and the page is
    made anew."""
    app = create_app(settings, [*all_routes(), show_rendered])
    try:
        for warm_up in rows:
            await _statements(app, warm_up, session, body, "warm-up")
        pages_first = sorted(rows, key=lambda row: row.replies_to is not None)
        return {row.name: await _statements(app, row, session, body, "counted") for row in pages_first}
    finally:
        await app.state.house.database.close()


async def _statements(app: Litestar, scenario: Scenario, session: str, body: str, submission: str) -> int:
    noted: list[str] = []
    app.state.house.database.pages.forget_all()
    token = statements_of_request.set(noted)
    try:
        await ask(app, scenario, session, urlencode({"body": body, "submission": submission}))
    finally:
        statements_of_request.reset(token)
    return len(noted)


async def ask(app: Litestar, scenario: Scenario, session: str, form: str = "") -> None:
    """Send one request straight to the app. Raises LookupError when it is refused."""
    replies = scenario.replies_to is not None
    path = f"/threads/{scenario.replies_to[0]}/replies" if scenario.replies_to else scenario.path
    # Whoever says who they are is not answered with what is kept for every visitor.
    headers = {**scenario.headers(session), "host": HOST, "origin": f"http://{HOST}", "authorization": "none"}
    if replies:
        headers["content-type"] = "application/x-www-form-urlencoded"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST" if replies else "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": form.encode() if replies else b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)  # type: ignore[arg-type]
    if statuses[0] >= 400:
        raise LookupError(f"{scenario.name} answers {statuses[0]}")
