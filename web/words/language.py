"""The reader’s language: the ground under all other words."""

from babel.numbers import format_decimal

from web import templating  # its translations are asked when a function is called, never while this module loads


def _(message: str, **values: object) -> str:
    return templating.gettext(message, **values)


def language() -> str:
    """The language of the sentences; English where nothing is translated."""
    return str(templating.translations.get().info().get("language") or "en")


def ngettext(singular: str, plural: str, number: int) -> str:
    """The form for this number, in the reader's language; large numbers are grouped."""
    return templating.ngettext(singular, plural, number, num=figure(number))


def figure(number: int) -> str:
    """A number as people write it."""
    return str(number) if abs(number) < 1000 else format_decimal(number, locale=language())
