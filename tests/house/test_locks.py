"""The six locks of the design, each with a breach that must be caught. The arrows, lock 5, are in test_arrows.py."""

import ast
import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import create_engine, text

from domain.pages import AboutPage, Frame
from domain.views import NotAView, PageView, View
from domain.visibility import Guarded, own_key, reveal
from web.answers import show
from web.app import create_app
from web.assets import Assets
from web.policy import UndeclaredRoute, policy_of
from web.routes import all_routes
from web.settings import Settings
from web.templating import ForeignObject, Templates, airlock
from web.visits import Visit

TOP = Path(__file__).parents[2]
SECRET = "+31 6 1234"
guarded = Guarded(SECRET, frozenset({own_key(1)}))


# Lock 1: types.


USES: dict[str, Callable[[Any], object]] = {
    "str": str,
    "format": "{}".format,
    "padded": "{:>9}".format,
    "f-string": lambda value: f"{value}",
    "percent": lambda value: "%s" % value,  # noqa: UP031
    "bool": bool,
    "equal": lambda value: value == SECRET,
    "unequal": lambda value: value != SECRET,
    "less": lambda value: value < SECRET,
    "equal from the right": lambda value: value == SECRET,
    "plus": lambda value: value + "",
    "in a list": lambda value: [value].index(SECRET),
    "list": list,
    "len": len,
    "hash": hash,
    "pickle": pickle.dumps,
    "copy": copy.copy,
    "join": "".join,
}


@pytest.mark.parametrize("use", USES)
def test_a_guarded_value_lets_nothing_be_done_with_it(use: str) -> None:
    with pytest.raises(TypeError) as error:
        USES[use](guarded)
    assert SECRET not in str(error.value)


def test_the_representation_says_nothing() -> None:
    assert repr(guarded) == "<Guarded>"
    assert SECRET not in repr({"phone": [guarded]})
    assert not hasattr(guarded, "__dict__")


def test_only_the_ring_opens_it() -> None:
    assert reveal(guarded, frozenset({own_key(1)})) == SECRET
    assert reveal(guarded, frozenset({own_key(2)})) is None


SNIPPET = """
from domain.members import Entry
from domain.pages import AboutPage
from domain.visibility import Guarded, reveal, VISITOR_RING
from web.answers import show
from web.visits import Visit

def print_it(text: str) -> None: ...

def breach(value: Guarded[str], visit: Visit, entry: Entry) -> None:
    print_it(value)  # caught
    print_it(entry.value)  # caught
    print_it(reveal(value, VISITOR_RING))  # caught
    show(visit, {"name": "x"})  # caught
    show(visit, "members/show.html")  # caught
    AboutPage(name=value)  # caught
    show(visit, AboutPage(name="terms"))
"""


@pytest.mark.slow
def test_the_type_checker_catches_the_breach(tmp_path: Path) -> None:
    """A guarded value is no text, what may be hidden may be None, and `show` takes page views only."""
    snippet = tmp_path / "breach.py"
    snippet.write_text(SNIPPET)
    command = [sys.executable, "-m", "mypy", "--no-error-summary", str(snippet)]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    lines = {int(line.split(":")[1]) for line in done.stdout.splitlines() if "breach.py:" in line and "error" in line}
    assert lines == {number for number, line in enumerate(SNIPPET.splitlines(), start=1) if "# caught" in line}


# Lock 2: views.


@pytest.mark.parametrize(
    "hint",
    [
        Guarded[str],
        Guarded,
        dict[str, str],
        list[str],
        Any,
        object,
        bytes,
        tuple[Guarded[str], ...],
        Guarded[str] | None,
        Visit,
        set[int],
        frozenset[str],
        type,
    ],
    ids=str,
)
def test_a_view_takes_no_such_field(hint: Any) -> None:
    with pytest.raises(NotAView):
        type("Breach", (View,), {"__annotations__": {"leaked": hint}})


def test_a_view_is_frozen_and_a_page_names_its_template() -> None:
    frame = Frame()
    with pytest.raises(AttributeError):
        frame.is_confirmed = False  # type: ignore[misc]
    with pytest.raises(NotAView):
        type("Breach", (PageView,), {"__annotations__": {"name": str}})


# Lock 3: one door.


def _calls(source: str) -> list[str]:
    """What a module calls that makes text out of a template."""
    names = {"render", "render_async", "render_template", "from_string", "get_template", "Template", "HTMXTemplate"}
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in names:
                found.append(name)
    return found


DOORS = {"web/templating.py", "web/answers.py", "web/mail.py", "storage/markup.py", "storage/importing/posts.py"}
"""The environment itself, the door for pages and the one for mails; the last two render Markdown."""


def test_templates_are_rendered_behind_one_door_only() -> None:
    found = {
        str(path.relative_to(TOP)): calls
        for room in ("web", "storage", "domain")
        for path in (TOP / room).rglob("*.py")
        if (calls := _calls(path.read_text()))
    }
    assert set(found) - DOORS == set()


@pytest.mark.parametrize(
    "breach", ["templates.render(page)", "Template('x.html', context={})", "env.from_string(text)"]
)
def test_a_second_door_is_found(breach: str) -> None:
    assert _calls(f"def handler():\n    return {breach}\n")


async def test_show_takes_a_page_view_only(stoa_templates: Templates) -> None:
    visit: Any = type("FakeVisit", (), {"house": type("H", (), {"templates": stoa_templates}), "fragment": None})()
    visit.frame, visit.path, visit.signed_in, visit.cookies, visit.cache = Frame(), "/", None, [], "no-store"
    for page in ({"name": "x"}, "about/page.html", Frame(), object(), 7):
        with pytest.raises((TypeError, AttributeError)):
            show(visit, page)  # type: ignore[arg-type]


# Lock 4: the airlock.


@pytest.fixture
def stoa_templates() -> Templates:
    """The templates as development and tests have them."""
    return Templates(assets=Assets().addresses, strict=True)


FOREIGN: list[Any] = [
    guarded,
    {"a": 1},
    object(),
    b"bytes",
    {1},
    lambda: 1,
    Path("x"),
    [guarded],
    ("fine", guarded),
    type,
]


@pytest.mark.parametrize("number", range(len(FOREIGN)))
def test_the_airlock_refuses_what_is_foreign(stoa_templates: Templates, number: int) -> None:
    value = FOREIGN[number]
    with pytest.raises(ForeignObject):
        airlock(value)
    with pytest.raises(ForeignObject):
        stoa_templates.environment.from_string("{{ value }}").render(value=value)


def test_a_database_row_does_not_pass(stoa_templates: Templates) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        row: Any = connection.execute(text("select 'x' as name")).one()
        with pytest.raises(ForeignObject):
            stoa_templates.environment.from_string("{{ row }}").render(row=row._mapping)
    engine.dispose()


@pytest.mark.parametrize(
    "source", ["{{ nothing }}", "{{ page.nothing }}", "{% if nothing %}{% endif %}", "{{ nothing.x }}"]
)
def test_what_is_not_there_is_an_error(stoa_templates: Templates, source: str) -> None:
    with pytest.raises(UndefinedError):
        stoa_templates.environment.from_string(source).render(page=AboutPage(name="terms"))


def test_markup_in_a_value_is_escaped(stoa_templates: Templates) -> None:
    shown = stoa_templates.environment.from_string("{{ name }}").render(name="<script>alert(1)</script>")
    assert "<script" not in shown


# Lock 6: audience.


@get("/undeclared")
async def _undeclared() -> Response[str]:
    return Response("open to everyone, cached by anyone")


@post("/undeclared/form", opt={"policy": "anyone"})
async def _misdeclared() -> Response[str]:
    return Response("a word is no policy")


@pytest.mark.parametrize("route", [_undeclared, _misdeclared], ids=["undeclared", "misdeclared"])
def test_the_app_does_not_start_with_an_undeclared_route(route: HTTPRouteHandler, tmp_path: Path) -> None:
    with pytest.raises(UndeclaredRoute, match="/undeclared"):
        create_app(Settings(home=tmp_path), routes=[*all_routes(), route])


def test_every_route_declares_its_policy(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path))
    handlers = [handler for route in app.routes for handler in getattr(route, "route_handlers", [])]
    undeclared = [str(handler) for handler in handlers if policy_of(handler) is None]
    assert all("OPTIONS" in str(handler.http_methods) for handler in handlers if policy_of(handler) is None), undeclared
