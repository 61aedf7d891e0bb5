"""What forms suggest: occupations and industries as an operator loaded them, countries, languages and time zones as the
libraries know them, all in the order of the reader's alphabet."""

import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from babel import Locale

from domain.reference import SuggestionsPage, Vocabulary
from storage.database import Database
from storage.reference import list_labels
from web.words.language import language

_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Codes of two letters that name no country of ISO 3166: unions, exceptional reservations, placeholders."""

_NO_LANGUAGES = frozenset({"mis", "mul", "root", "und", "zxx"})
"""Codes for the absence of one language."""

_ZONE_AREAS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)
"""Where zones are named for a place; the other names are old ones, and those of mere offsets."""

_UTC = "UTC"


async def find_suggestions(database: Database, name: str) -> SuggestionsPage | None:
    """Every word of the vocabulary of that name, in the reader's language where it has one. None: no such name."""
    if name not in set(Vocabulary):
        return None
    vocabulary = Vocabulary(name)
    known = _KNOWN.get(vocabulary)
    terms = known(language()) if known else _ordered(await list_labels(database, vocabulary))
    return SuggestionsPage(vocabulary=vocabulary, terms=terms)


def _ordered(terms: Iterable[str]) -> tuple[str, ...]:
    """Each term once, by the alphabet: accents and capitals count only between words that are the same without."""
    return tuple(sorted(set(terms), key=lambda term: (_plain(term), term)))


def _plain(term: str) -> str:
    letters = unicodedata.normalize("NFKD", term.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@cache
def list_countries(locale: str) -> tuple[str, ...]:
    """The countries and territories of ISO 3166, and Kosovo, named in this language."""
    names = Locale.parse(locale).territories
    return _ordered(name for code, name in names.items() if len(code) == 2 and code not in _NO_COUNTRIES)


@cache
def list_languages(locale: str) -> tuple[str, ...]:
    """The languages of the world that have a name in this language."""
    names = Locale.parse(locale).languages
    return _ordered(name for code, name in names.items() if "_" not in code and code not in _NO_LANGUAGES)


@cache
def list_time_zones(_locale: str) -> tuple[str, ...]:
    """The time zones by their names in the tz database, the same in every language; UTC alone where it is missing."""
    names = zoneinfo.available_timezones()
    return _ordered([_UTC, *(name for name in names if name.partition("/")[0] in _ZONE_AREAS)])


_KNOWN: Mapping[Vocabulary, Callable[[str], tuple[str, ...]]] = {
    Vocabulary.COUNTRIES: list_countries,
    Vocabulary.LANGUAGES: list_languages,
    Vocabulary.TIME_ZONES: list_time_zones,
}
