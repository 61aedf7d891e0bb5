"""Views are values: equal ones hash alike, and a changed one is another."""

from dataclasses import replace

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
