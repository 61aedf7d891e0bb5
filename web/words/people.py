"""Words for people and the entries of their pages."""

from collections.abc import Iterable

from domain.members import EntryKind, Gender, LineKind, MemberLine
from web.words.language import _


def person(line: MemberLine) -> str:
    """What a person is called where this line stands."""
    if line.kind is LineKind.FORMER:
        return _("A former member")
    if line.name:
        return line.name
    if line.kind is LineKind.SOURCE:
        return _("A former author")
    return _("A member") if line.number is None else _("Member %(number)d", number=line.number)


def entry(kind: EntryKind) -> str:
    """The name of a kind of entry."""
    return {
        EntryKind.NAME: _("Name"),
        EntryKind.PROFESSION: _("Profession"),
        EntryKind.HEADLINE: _("Headline"),
        EntryKind.ABOUT: _("About"),
        EntryKind.LOCATION: _("Location"),
        EntryKind.LANGUAGES: _("Languages"),
        EntryKind.INTERESTS: _("Interests"),
        EntryKind.GENDER: _("Gender"),
        EntryKind.EMAIL: _("E-mail"),
    }[kind]


def entry_hint(kind: EntryKind) -> str:
    """What to write in an entry; empty where the label says it all."""
    return {
        EntryKind.HEADLINE: _("One line about what you do, or care about."),
        EntryKind.ABOUT: _("A few sentences in your own words. Line breaks are kept."),
        EntryKind.LANGUAGES: _("One a line, or with commas."),
        EntryKind.INTERESTS: _("One a line, or with commas."),
        EntryKind.EMAIL: _("Never shown to anyone who is not signed in."),
    }.get(kind, "")


def genders(offered: Iterable[Gender] = tuple(Gender)) -> tuple[tuple[str, str], ...]:
    """The answers that a form offers, each with its words."""
    return tuple((one.value, gender(one)) for one in offered)


def gender(value: Gender | str) -> str:
    """A gender as registration offers it."""
    return {
        Gender.WOMAN: _("Woman"),
        Gender.MAN: _("Man"),
        Gender.OTHER: _("Another"),
        Gender.UNDISCLOSED: _("Prefer not to say"),
    }[Gender(value)]
