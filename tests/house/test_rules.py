"""The rules of the house that no linter knows, each with a sample that breaks it."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.views import PageView
from web.assets import Assets
from web.templating import TEMPLATES, Templates

TOP = Path(__file__).parents[2]
ROOMS = ("domain", "storage", "web", "tests")
LONGEST_FUNCTION, LONGEST_FILE, LONGEST_TEMPLATE, LONGEST_HANDLER = 40, 400, 120, 15


def _modules(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from (path for path in sorted((TOP / room).rglob("*.py")) if "migrations/versions" not in str(path))


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_short() -> None:
    long = [
        f"{path.relative_to(TOP)}:{function.name} has {_length(function)} lines"
        for path in _modules(*ROOMS)
        for function in _functions(path.read_text())
        if _length(function) > LONGEST_FUNCTION
    ]
    assert long == []


def test_files_are_short() -> None:
    long = {str(path.relative_to(TOP)): lines for path in _modules(*ROOMS) if (lines := _lines(path)) > LONGEST_FILE}
    assert long == {}


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_templates_are_short() -> None:
    long = {path.name: _lines(path) for path in TEMPLATES.rglob("*.*") if _lines(path) > LONGEST_TEMPLATE}
    assert long == {}


def test_modules_say_which_rule_they_keep() -> None:
    silent = [
        str(path.relative_to(TOP))
        for path in _modules(*ROOMS)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def _handlers() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in _modules("web/routes"):
        for function in _functions(path.read_text()):
            names = {getattr(getattr(decorator, "func", None), "id", "") for decorator in function.decorator_list}
            if names & {"page", "form", "resource"}:
                yield f"{path.name}:{function.name}", function


def test_handlers_are_short() -> None:
    assert {
        name: _body_length(handler) for name, handler in _handlers() if _body_length(handler) > LONGEST_HANDLER
    } == {}


_DECIDING = {"ring", "may_see", "reveal", "opens", "own_key", "sig_key", "keys_for", "MEMBERS", "PUBLIC"}


def _decides(source: str) -> list[str]:
    """What of the visibility rule a module names: routes ask storage, and decide nothing."""
    found = []
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "name", None)
        if isinstance(node, ast.Attribute | ast.Name | ast.alias) and name in _DECIDING:
            found.append(str(name))
    return found


def test_routes_decide_nothing_about_visibility() -> None:
    assert {path.name: found for path in _modules("web/routes") if (found := _decides(path.read_text()))} == {}


@pytest.mark.parametrize(
    "breach", ["if visit.viewer.ring: pass", "from domain.visibility import may_see", "x = reveal(a, b)"]
)
def test_a_deciding_route_is_found(breach: str) -> None:
    assert _decides(breach)


def test_no_sql_in_routes() -> None:
    assert [
        path.name for path in _modules("web") if re.search(r"\bfrom sqlalchemy|\bimport sqlalchemy", path.read_text())
    ] == []


# Templates.


def _templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*.*") if path.suffix in {".html", ".xml"})


def test_one_place_prints_unescaped() -> None:
    unescaped = re.compile(r"\|\s*safe\b|autoescape|Markup\(")
    found = [str(path.relative_to(TEMPLATES)) for path in _templates() for _ in unescaped.findall(path.read_text())]
    assert found == ["components/prose.html"]
    python = [
        str(path.relative_to(TOP)) for path in _modules("web", "storage", "domain") if "Markup(" in path.read_text()
    ]
    assert python == []


_INLINE = re.compile(
    r"<style\b|<script(?![^>]*\bsrc=)(?! type=\"application/ld\+json\">)[^>]*>|\sstyle=|\son[a-z]+=[\"']|javascript:",
    re.IGNORECASE,
)
"""Structured data is a script in name only: no browser runs it."""


@pytest.mark.parametrize(
    "breach",
    [
        '<p style="x">',
        "<style>",
        "<script>alert()</script>",
        '<script type="module">',
        '<script type="application/ld+json" onload="x">',
        "<a onclick='x'>",
        "javascript:x",
    ],
)
def test_an_inline_breach_is_found(breach: str) -> None:
    assert _INLINE.search(breach)


def test_no_inline_style_or_script() -> None:
    """The policy of the pages would refuse them; mails have styles of their own."""
    pages = [path for path in _templates() if path.parent.name != "mail"]
    assert {
        str(path.relative_to(TEMPLATES)): found for path in pages if (found := _INLINE.findall(path.read_text()))
    } == {}


def test_nothing_is_loaded_from_elsewhere() -> None:
    elsewhere = re.compile(r"(?:src|action|poster|srcset)=[\"'](?:https?:)?//|<link[^>]+href=[\"'](?:https?:)?//")
    assert [str(path) for path in _templates() if elsewhere.search(path.read_text())] == []


def test_every_template_compiles() -> None:
    templates = Templates(assets=Assets().addresses, strict=True)
    names = [str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*")]
    assert names
    for name in names:
        templates.environment.get_template(name)
    assert templates.environment.globals["ui"].names  # type: ignore[attr-defined]


def _pages() -> list[type[PageView]]:
    for path in (TOP / "domain").glob("*.py"):
        importlib.import_module(f"domain.{path.stem}")
    found, waiting = [], [PageView]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "template" in vars(kind):
            found.append(kind)
    return [kind for kind in found if kind.__module__.startswith("domain")]


def test_every_page_has_its_template_and_a_title() -> None:
    environment = Templates(assets=Assets().addresses, strict=True).environment
    without = []
    for kind in _pages():
        template, titled = environment.get_template(kind.template), False
        source = (TEMPLATES / kind.template).read_text()
        if kind.template.endswith(".xml"):
            continue  # a feed or a sitemap: a document of another kind
        while extends := re.search(r"{%-? extends ['\"]([^'\"]+)", source):
            titled |= "block title" in source
            source = (TEMPLATES / extends[1]).read_text()
        if not titled or "main" not in template.blocks | environment.get_template("layouts/page.html").blocks:
            without.append(kind.__name__)
    assert without == []
    assert len(_pages()) > 15
