"""Components that are worked out once for what they are given: nothing else may go into them."""

from pathlib import Path
from typing import Any

import pytest
from babel.support import NullTranslations
from jinja2 import meta, nodes

from domain.members import LineKind, MemberLine
from domain.sigs import Circle, SigLine, chip_for_sig
from web.assets import load_assets
from web.templating import KEPT_COMPONENTS, TEMPLATES, Templates, translations

FOR_EVERYBODY = {"ui", "words", "_", "gettext", "ngettext"}


@pytest.fixture
def templates() -> Templates:
    """Templates of one's own, with nothing kept yet."""
    return Templates(assets=load_assets().addresses, strict=True)


def _used_by(name: str) -> set[str]:
    """The component, and every one that it is made of."""
    source = (TEMPLATES / "components" / f"{name}.html").read_text()
    names = {path.stem for path in Path(TEMPLATES / "components").glob("*.html")}
    used = {other for other in names if f"ui.{other}(" in source and other != name}
    return {name}.union(*(_used_by(other) for other in used))


@pytest.mark.parametrize("name", sorted(KEPT_COMPONENTS))
def test_a_kept_component_reads_nothing_but_what_it_is_given(templates: Templates, name: str) -> None:
    for part in _used_by(name):
        source = (TEMPLATES / "components" / f"{part}.html").read_text()
        parsed = templates.environment.parse(source)
        made_there = {name.name for made in parsed.find_all(nodes.AssignBlock) for name in made.find_all(nodes.Name)}
        assert meta.find_undeclared_variables(parsed) <= FOR_EVERYBODY | made_there, part


def _components(templates: Templates) -> Any:
    return templates.environment.globals["ui"]


def _sig(name: str, *, is_joined: bool) -> SigLine:
    return SigLine(
        slug="one",
        name=name,
        description=None,
        member_count=3 if is_joined else None,
        key=chip_for_sig(Circle.EVERYONE, name),
        is_joined=is_joined,
        thread_count=1,
        last_post_at=None,
    )


def test_what_differs_in_one_field_is_shown_by_itself(templates: Templates) -> None:
    row = _components(templates).sig_row
    lines = [_sig("One", is_joined=False), _sig("One", is_joined=True), _sig("Two", is_joined=True)]
    shown = [row(line) for line in lines]
    assert len(set(shown)) == 3
    assert [row(line) for line in lines] == shown
    assert row(_sig("One", is_joined=True)) is shown[1], "an equal view is shown alike"


def test_each_language_has_its_own(templates: Templates) -> None:
    class Shouting(NullTranslations):
        def gettext(self, message: str) -> str:
            return message.upper()

    row, line = _components(templates).sig_row, _sig("One", is_joined=True)
    plain = row(line)
    token = translations.set(Shouting())
    try:
        assert row(line) != plain
    finally:
        translations.reset(token)
    assert row(line) == plain


def test_views_of_people_are_told_apart_by_every_field() -> None:
    shown = MemberLine(kind=LineKind.MEMBER, tile="a", name="A", address="a")
    assert shown == MemberLine(kind=LineKind.MEMBER, tile="a", name="A", address="a")
    assert shown != MemberLine(kind=LineKind.MEMBER, tile="a", name="A", address="a", profession="B")
