"""What leaves storage for a template: frozen, plain, already decided.

A `View` is checked when its class is defined: its fields are plain values and other views, so a row, a request or a
guarded value can never reach a template. A `PageView` names the one template that may show it.
"""

import types
import typing
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar, Final, dataclass_transform, get_args, get_origin, get_type_hints


class SafeHtml(str):
    """HTML that `storage.markup` has sanitised; nothing else makes one. One component prints it unescaped."""

    __slots__ = ()


_PLAIN = (str, int, float, bool, datetime, date, Enum, type(None))


class NotAView(TypeError):
    """A view's field has a type that may not reach a template."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class View:
    """Base of everything that a template may read."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, hint in get_type_hints(cls).items():
            if get_origin(hint) is not ClassVar:
                _demand_plain(cls, name, hint)
        dataclass(frozen=True, kw_only=True)(cls)
        _hash_once(cls)


def _hash_once(cls: type) -> None:
    """A view never changes, so what it is made of is gone through once, be it asked for its hash by many."""
    reckon: Any = cls.__hash__

    def hash_of(self: object) -> int:
        kept: int | None = self.__dict__.get(_HASH)
        if kept is None:
            kept = self.__dict__[_HASH] = reckon(self)
        return kept

    cls.__hash__ = hash_of  # type: ignore[assignment]  # a class as any other


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
