"""Templates: the Jinja environment, its airlock, and the one way from a view to HTML.

The airlock refuses whatever is not a plain value or a view, so that a row, a request or a guarded value cannot be
printed even by mistake. It is on in development and in tests, where every template is rendered with real pages.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import date, datetime
from enum import Enum
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from babel.support import NullTranslations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined, select_autoescape
from jinja2.runtime import BlockReference, Macro
from markupsafe import Markup

from domain.views import PageView, View, fields_of
from web import words
from web.assets import load_assets

TEMPLATES = Path(__file__).parent / "templates"

_PARTS, _WHOLES = 1024, 128
"""How many small parts of pages, and how many things that fill a page, are kept of one kind in a process."""

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
        self.environment.install_gettext_callables(gettext, ngettext, newstyle=False)  # type: ignore[attr-defined]
        self._components = _Components(self.environment)
        self.environment.globals |= {
            "_": gettext,
            "ui": self._components,
            "words": words,
            "asset": assets.__getitem__,
        }
        self._render_once = self._keeping()

    def render(self, page: PageView, *, block: str | None = None, **frame: Any) -> str:
        """The whole page, or one of its blocks alone: block names are the ids of the elements they fill."""
        template = self.environment.get_template(page.template)
        context = template.new_context({**fields_of(page), **frame, "page": page})
        if block is None:
            return self.environment.concat(template.root_render_func(context))
        return self.environment.concat(template.blocks[block](context))

    def render_once(self, page: PageView, **frame: Any) -> str:
        """The whole page, which is not made again for whoever was shown the very same before."""
        return self._render_once(translations.get(), page, tuple(frame.items()))

    def _keeping(self) -> Callable[[NullTranslations, PageView, tuple[tuple[str, Any], ...]], str]:
        @lru_cache(maxsize=_WHOLES)
        def render(_language: NullTranslations, page: PageView, frame: tuple[tuple[str, Any], ...]) -> str:
            return self.render(page, **dict(frame))

        return render

    def forget_all(self) -> None:
        """Make everything anew when it is shown next."""
        self._render_once = self._keeping()
        self._components.forget_all()

    def has_block(self, page: PageView, block: str) -> bool:
        """Whether this page's own template fills a block of that name."""
        return block in self.environment.get_template(page.template).blocks


@cache
def load_templates(*, strict: bool) -> Templates:
    """The templates, compiled once in a process each; `strict` ones are read again when a file changes."""
    return Templates(assets=load_assets().addresses, strict=strict)


KEPT_COMPONENTS: Mapping[str, int] = {
    "foot": 8,
    "found": _PARTS,
    "key_chip": _PARTS,
    "personal_page": _WHOLES,
    "post": _PARTS,
    "posts": _WHOLES,
    "rail": _PARTS,
    "sig_row": _PARTS,
    "sprite": 8,
    "thread_row": _PARTS,
    "thread_rows": _WHOLES,
    "top": _PARTS,
}
"""Components which many pages show alike, and how many of each are kept in a process."""


def _keep(macro: Macro, most: int) -> Callable[..., str]:
    """The macro, worked out once for what it is given. It sees nothing else but the language: views are values, and one
    that equals another is shown alike, to whomever."""

    @lru_cache(maxsize=most, typed=True)
    def kept(_language: NullTranslations, *given: Any, **named: Any) -> str:
        return macro(*given, **named)

    return lambda *given, **named: kept(translations.get(), *given, **named)


class _Components(SimpleNamespace):
    """`ui.byline(...)` is the macro `byline` of components/byline.html; one component, one macro, one file."""

    def __init__(self, environment: Environment) -> None:
        super().__init__()
        self._environment = environment

    def __getattr__(self, name: str) -> Callable[..., Any]:
        macro: Macro = getattr(self._environment.get_template(f"components/{name}.html").module, name)
        component: Callable[..., Any] = _keep(macro, KEPT_COMPONENTS[name]) if name in KEPT_COMPONENTS else macro
        setattr(self, name, component)
        return component

    def forget_all(self) -> None:
        """Make everything anew when it is shown next."""
        for name in KEPT_COMPONENTS.keys() & vars(self).keys():
            delattr(self, name)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every component there is."""
        return tuple(sorted(path.stem for path in (TEMPLATES / "components").glob("*.html")))
