"""Lock 5 of the design, the arrows between the rooms: the contracts in pyproject.toml hold, and catch a breach.

That the domain imports the standard library only is an allow-list, which import-linter cannot say: it is tested here.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
AT_HOME_IN_DOMAIN = sys.stdlib_module_names | {"domain"}


def _strangers(source: str) -> set[str]:
    """Top-level packages that a domain module imports and may not."""
    return set(_imported(ast.parse(source))) - AT_HOME_IN_DOMAIN


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def test_the_domain_imports_the_standard_library_only() -> None:
    modules = list((TOP / "domain").rglob("*.py"))
    assert modules
    assert {module.name: _strangers(module.read_text()) for module in modules if _strangers(module.read_text())} == {}


@pytest.mark.parametrize(
    "breach",
    ["import sqlalchemy", "from pydantic import Field", "def late():\n    import msgspec.json", "from . import other"],
)
def test_a_stranger_in_the_domain_is_caught(breach: str) -> None:
    assert _strangers(f"import datetime\nfrom domain.views import View\n{breach}\n")


def _lint(house: Path) -> subprocess.CompletedProcess[str]:
    """Run the project's own contracts over the house in that folder."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """A house of the same rooms and contracts, with nothing wrong in it."""
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    for room, modules in {"web": ("pages",), "storage": ("tables", "forum"), "domain": ("forum",), "tests": ()}.items():
        (tmp_path / room).mkdir()
        for module in ("__init__", *modules):
            (tmp_path / room / f"{module}.py").touch()
    (tmp_path / "web/pages.py").write_text("import storage.forum\nimport domain.forum\n")
    (tmp_path / "storage/forum.py").write_text("import storage.tables\nimport domain.forum\n")
    return tmp_path


def test_the_contracts_pass_a_house_in_order(small_house: Path) -> None:
    done = _lint(small_house)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "breach"),
    [
        ("domain/forum.py", "import storage.forum"),
        ("domain/forum.py", "import web.pages"),
        ("storage/forum.py", "def late():\n    from web import pages"),
        ("web/pages.py", "from storage import tables"),
        ("web/pages.py", "from storage.tables import Post"),
        ("storage/forum.py", "import tests"),
    ],
)
def test_the_contracts_catch_a_breach(small_house: Path, module: str, breach: str) -> None:
    (small_house / module).write_text(breach + "\n")
    done = _lint(small_house)
    assert done.returncode == 1
    assert "BROKEN" in done.stdout


BANNED = "from litestar.response import Template", "import litestar.response.template", "from . import pages"


@pytest.mark.parametrize("breach", BANNED)
def test_lint_bans_the_second_door(small_house: Path, breach: str) -> None:
    """Lock 3: a template is reached by show(page) alone; the framework's own response would carry the whole request."""
    (small_house / "web/pages.py").write_text(f'"""Shows."""\n\n{breach}\n')
    command = [str(Path(sys.executable).with_name("ruff")), "check", "--no-cache", "--select=TID", "."]
    done = subprocess.run(command, cwd=small_house, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "TID25" in done.stdout
