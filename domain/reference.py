"""Words that forms suggest: whoever fills in a form may take one of them, and may write something else as well."""

from enum import StrEnum

from domain.views import PageView


class Vocabulary(StrEnum):
    """The lists of words there are."""

    OCCUPATIONS = "occupations"
    INDUSTRIES = "industries"
    COUNTRIES = "countries"
    LANGUAGES = "languages"
    TIME_ZONES = "time-zones"


class SuggestionsPage(PageView, template="members/suggestions.html"):
    """Every word of one vocabulary, each once, in the order of the alphabet; none where nobody has loaded it."""

    vocabulary: Vocabulary
    terms: tuple[str, ...]
