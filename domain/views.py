"""What leaves storage for a template: frozen, plain, already decided.

A `View` is checked when its class is defined: its fields are plain values and other views, so a row, a request or a
guarded value can never reach a template. A `PageView` names the one template that may show it.
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar, Final, Never, dataclass_transform, get_args, get_origin, get_type_hints


class SafeHtml(str):
    """HTML that `storage.markup` has sanitised; nothing else makes one. One component prints it unescaped."""

    __slots__ = ()


_PLAIN = (str, int, float, bool, datetime, date, Enum, type(None))


class NotAView(TypeError):
    """A view's field has a type that may not reach a template."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class View:
    """Base of everything that a template may read: a frozen dataclass in all that its users see.

    Two of one class are equal when their fields are. How one is made, compared and hashed is written here once instead
    of being compiled for each class, of which there are so many that a start would wait for it.
    """

    _names: ClassVar[tuple[str, ...]]
    _named: ClassVar[frozenset[str]]
    _defaults: ClassVar[Mapping[str, Any]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, hint in get_type_hints(cls).items():
            if get_origin(hint) is not ClassVar:
                _demand_plain(cls, name, hint)
        made: Any = dataclass(kw_only=True, init=False, repr=False, eq=False)(cls)
        cls._names = tuple(field.name for field in fields(made))
        cls._named = frozenset(cls._names)
        cls._defaults = {field.name: field.default for field in fields(made) if field.default is not MISSING}

    def __init__(self, **given: Any) -> None:
        values = {**self._defaults, **given}
        if values.keys() != self._named:
            raise TypeError(f"{type(self).__qualname__} is made of {', '.join(self._names)}, not of {', '.join(given)}")
        self.__dict__.update(values)

    def __setattr__(self, name: str, _value: object) -> Never:
        raise FrozenInstanceError(f"{name} never changes")

    def __delattr__(self, name: str) -> Never:
        raise FrozenInstanceError(f"{name} never changes")

    def __hash__(self) -> int:
        """What it is made of is gone through once, be it asked for by many."""
        kept: int | None = self.__dict__.get(_HASH)
        if kept is None:
            made = self.__dict__
            kept = made[_HASH] = hash((type(self), *[made[name] for name in self._names]))
        return kept

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self is other or (hash(self) == hash(other) and self.__dict__ == other.__dict__)

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={self.__dict__[name]!r}' for name in self._names)})"


_HASH: Final = "what it hashes to"
"""No name of a field."""


class PageView(View):
    """A view that is a whole page: `class ThreadPage(PageView, template="forum/thread.html")`."""

    template: ClassVar[str]

    def __init_subclass__(cls, *, template: str = "", **options: Any) -> None:
        super().__init_subclass__(**options)
        if template:
            cls.template = template
        elif not hasattr(cls, "template"):
            raise NotAView(f"{cls.__qualname__} names no template")


def _demand_plain(cls: type, name: str, hint: Any) -> None:
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType, tuple):
        for part in get_args(hint):
            if part is not Ellipsis:
                _demand_plain(cls, name, part)
        return
    supertype = getattr(hint, "__supertype__", hint)
    if origin is None and isinstance(supertype, type) and issubclass(supertype, (*_PLAIN, View)):
        return
    raise NotAView(f"{cls.__qualname__}.{name} is {hint}: views hold plain values and other views only")


def fields_of(view: View) -> dict[str, object]:
    """The fields of a view by name, for the template's context."""
    return {field.name: getattr(view, field.name) for field in fields(view)}  # type: ignore[arg-type]  # a dataclass by __init_subclass__
