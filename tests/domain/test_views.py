"""Views are values: equal ones hash alike, and a changed one is another."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from domain.views import View, fields_of


class Part(View):
    """A part."""

    text: str


class Whole(View):
    """What has parts."""

    parts: tuple[Part, ...]


def test_equal_views_hash_alike_however_often_they_are_asked() -> None:
    one, same, other = (Whole(parts=(Part(text=text),)) for text in ("a", "a", "b"))
    assert hash(one) == hash(one) == hash(same) != hash(other)
    assert one == same != other
    assert {one: "kept"}[same] == "kept"


def test_what_a_view_remembers_is_no_part_of_it() -> None:
    one = Whole(parts=(Part(text="a"),))
    before, fresh = hash(one), Whole(parts=())
    assert fields_of(one) == {"parts": (Part(text="a"),)}
    changed = replace(one, parts=())
    assert hash(changed) == hash(fresh) != before
    assert repr(changed) == repr(fresh)


def test_a_view_is_gone_through_once() -> None:
    asked: list[str] = []

    class Counting(str):
        __slots__ = ()

        def __hash__(self) -> int:
            asked.append(self)
            return super().__hash__()

    one = Part(text=Counting("a"))
    assert hash(one) == hash(one)
    assert asked == ["a"]


def test_a_view_is_given_each_field_by_its_name_and_never_changes() -> None:
    given: dict[str, Any] = {"text": "a"}
    for wrong in ({}, {"text": "a", "other": "b"}, {"other": "b"}):
        with pytest.raises(TypeError, match=r"Part is made of text, not of"):
            Part(**wrong)
    one = Part(**given)
    with pytest.raises(FrozenInstanceError):
        one.text = "b"  # type: ignore[misc]  # that is the point
    with pytest.raises(FrozenInstanceError):
        del one.text
    assert one == Part(text="a")
    assert repr(one) == "Part(text='a')"


def test_views_of_two_classes_differ_however_alike_they_are() -> None:
    class Other(View):
        text: str

    assert Part(text="a") != Other(text="a")
    assert Part(text="a") != "a"


def test_a_view_has_the_fields_of_those_above_it_and_their_defaults() -> None:
    class Longer(Part):
        more: int = 3

    assert Longer(text="a") == Longer(more=3, text="a") != Longer(text="a", more=4)
    assert hash(Longer(text="a")) == hash(Longer(more=3, text="a"))
    assert fields_of(Longer(text="a")) == {"text": "a", "more": 3}
