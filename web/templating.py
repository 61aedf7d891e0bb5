"""Templates: the Jinja environment, its airlock, and the one way from a view to HTML.

The airlock refuses whatever is not a plain value or a view, so that a row, a request or a guarded value cannot be
printed even by mistake. It is on in development and in tests, where every template is rendered with real pages.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import date, datetime
from enum import Enum
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, TypeVar

from babel.support import NullTranslations
from cachetools import TTLCache, cached
from cachetools.keys import typedkey
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined, select_autoescape
from jinja2.runtime import BlockReference, Macro
from markupsafe import Markup

from domain.views import PageView, View, fields_of
from web import words
from web.assets import load_assets

TEMPLATES = Path(__file__).parent / "templates"

MOST_KEPT: Final = 2 * 1024 * 1024
"""Characters of components and bytes of pages that a process keeps; beyond that, what was not asked for the longest
goes."""

KEEP_FOR: Final = 60.0
"""Seconds after which HTML is made anew: most of what is kept, nobody asks for again."""

FRESH = "\ue000a word that is new in each answer\ue000"
"""The place of one; whatever else stands around it may be kept."""

_UNTRANSLATED = NullTranslations()
translations: ContextVar[NullTranslations] = ContextVar("translations", default=_UNTRANSLATED)


class ForeignObject(TypeError):
    """A template met something that is neither a plain value nor a view."""


_ADMITTED = (str, int, float, bool, date, datetime, Enum, View, Markup, Undefined, Macro, BlockReference, type(None))


def airlock(value: Any) -> Any:
    """Let plain values, views and tuples of them through to the output; refuse anything else."""
    if isinstance(value, (tuple, list)):
        for item in value:
            airlock(item)
    elif not isinstance(value, _ADMITTED):
        raise ForeignObject(f"a template may not print {type(value).__name__}")
    return value


def gettext(message: str, **values: Any) -> str:
    """The message in the reader's language."""
    text = translations.get().gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, **values: Any) -> str:
    """The message for this number in the reader's language; `%(num)s` is the number."""
    return translations.get().ngettext(singular, plural, number) % {"num": number, **values}


Html = TypeVar("Html", str, bytes)

Kept = TTLCache[tuple[Any, ...], Any]
"""HTML of either kind, by what made it and what that was given."""


def _once(kept: Kept, make: Callable[..., Html]) -> Callable[..., Html]:
    """What makes HTML, which is not made again while it is kept. It sees nothing but what it is given and the language:
    views are values, and one that equals another is shown alike, to whomever."""

    def key(*given: Any, **named: Any) -> tuple[Any, ...]:
        return typedkey(make, translations.get(), *given, **named)

    return cached(kept, key=key)(make)


class Templates:
    """Every template of the house, and the components under the name `ui`."""

    def __init__(self, *, assets: Mapping[str, str], strict: bool) -> None:
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(enabled_extensions=("html", "xml"), default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            auto_reload=strict,
            finalize=airlock if strict else None,
        )
        self.kept: Kept = TTLCache(MOST_KEPT, KEEP_FOR, getsizeof=len)
        self.render_once = _once(self.kept, self.render_bytes)
        """The same as `render_bytes`, but not made again for whoever was shown the very same before."""
        self.environment.install_gettext_callables(gettext, ngettext, newstyle=False)  # type: ignore[attr-defined]
        self._components = _Components(self.environment, self.kept)
        self.environment.globals |= {
            "_": gettext,
            "ui": self._components,
            "words": words,
            "asset": assets.__getitem__,
        }

    def render(self, page: PageView, *, block: str | None = None, **frame: Any) -> str:
        """The whole page, or one of its blocks alone: block names are the ids of the elements they fill."""
        template = self.environment.get_template(page.template)
        context = template.new_context({**fields_of(page), **frame, "page": page})
        if block is None:
            return self.environment.concat(template.root_render_func(context))
        return self.environment.concat(template.blocks[block](context))

    def render_bytes(self, page: PageView, *, block: str | None = None, **frame: Any) -> bytes:
        """The same as `render`, as it goes over the wire."""
        return self.render(page, block=block, **frame).encode()

    def forget_all(self) -> None:
        """Make everything anew when it is shown next."""
        self.kept.clear()

    def has_block(self, page: PageView, block: str) -> bool:
        """Whether this page's own template fills a block of that name."""
        return block in self.environment.get_template(page.template).blocks


@cache
def load_templates(*, strict: bool) -> Templates:
    """The templates, compiled once in a process each; `strict` ones are read again when a file changes."""
    return Templates(assets=load_assets().addresses, strict=strict)


KEPT_COMPONENTS: Final = frozenset(
    {
        "foot",
        "found",
        "key_chip",
        "personal_page",
        "post",
        "posts",
        "rail",
        "sig_row",
        "sprite",
        "thread_row",
        "thread_rows",
        "top",
    }
)
"""Components which many pages show alike."""


class _Components(SimpleNamespace):
    """`ui.byline(...)` is the macro `byline` of components/byline.html; one component, one macro, one file."""

    def __init__(self, environment: Environment, kept: Kept) -> None:
        super().__init__()
        self._environment, self._kept = environment, kept

    def __getattr__(self, name: str) -> Callable[..., Any]:
        macro: Macro = getattr(self._environment.get_template(f"components/{name}.html").module, name)
        component: Callable[..., Any] = _once(self._kept, macro) if name in KEPT_COMPONENTS else macro
        setattr(self, name, component)
        return component

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every component there is."""
        return tuple(sorted(path.stem for path in (TEMPLATES / "components").glob("*.html")))
