"""Words for people and the entries of their pages."""

from collections.abc import Iterable

from domain.members import EntryKind, Gender, LineKind, MemberLine
from web.words.language import _
from web.words.pictures import month


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
    return _ENTRIES[kind]()


_ENTRIES = {
    EntryKind.NAME: lambda: _("Name"),
    EntryKind.PROFESSION: lambda: _("Profession"),
    EntryKind.PHOTO: lambda: _("Photo"),
    EntryKind.HEADLINE: lambda: _("Headline"),
    EntryKind.ABOUT: lambda: _("About"),
    EntryKind.OBJECTIVES: lambda: _("Objectives"),
    EntryKind.LOCATION: lambda: _("Location"),
    EntryKind.TIME_ZONE: lambda: _("Time zone"),
    EntryKind.LANGUAGES: lambda: _("Languages"),
    EntryKind.INTERESTS: lambda: _("Interests"),
    EntryKind.SKILLS: lambda: _("Skills"),
    EntryKind.EXPERIENCE: lambda: _("Experience"),
    EntryKind.EDUCATION: lambda: _("Education"),
    EntryKind.LINK: lambda: _("Links"),
    EntryKind.GENDER: lambda: _("Gender"),
    EntryKind.EMAIL: lambda: _("E-mail"),
    EntryKind.PHONE: lambda: _("Phone"),
    EntryKind.MEMBERSHIP: lambda: _("SIGs"),
    EntryKind.CONNECTIONS: lambda: _("Connections"),
    EntryKind.CONTRIBUTIONS: lambda: _("Contributions"),
    EntryKind.SCRAPS: lambda: _("Scraps"),
    EntryKind.LAST_SEEN: lambda: _("Last seen"),
}


def entry_with_label(kind: EntryKind, label: str | None) -> str:
    """The name of an entry, with what tells it apart from others of its kind."""
    return f"{entry(kind)}: {label}" if label else entry(kind)


def record(kind: EntryKind, *, is_new: bool) -> str:
    """What the form for one record is called."""
    return {
        (EntryKind.EXPERIENCE, True): _("Add a job"),
        (EntryKind.EXPERIENCE, False): _("Change this job"),
        (EntryKind.EDUCATION, True): _("Add a school"),
        (EntryKind.EDUCATION, False): _("Change this school"),
        (EntryKind.LINK, True): _("Add a link"),
        (EntryKind.LINK, False): _("Change this link"),
    }[kind, is_new]


def part(name: str) -> str:
    """The name of one part of a record."""
    return {
        "role": _("Role"),
        "company": _("Company"),
        "start": _("From"),
        "end": _("To"),
        "industry": _("Industry"),
        "text": _("In your words"),
        "school": _("School"),
        "degree": _("Degree"),
        "field": _("Field"),
        "address": _("Address"),
        "label": _("What it is called"),
    }[name]


def part_hint(name: str) -> str:
    """What to write in a part; empty where the label says it all."""
    return {
        "start": _("A year, or a year and a month, such as 2019-04."),
        "end": _("Leave it empty if it goes on."),
    }.get(name, "")


def span(start: str, end: str) -> str:
    """From when to when; open where it goes on."""
    if start and end:
        return f"{month(start)} – {month(end)}"
    if start:
        return _("since %(start)s", start=month(start))
    return _("until %(end)s", end=month(end)) if end else ""


def entry_hint(kind: EntryKind) -> str:
    """What to write in an entry; empty where the label says it all."""
    return _HINTS[kind]() if kind in _HINTS else ""


_HINTS = {
    EntryKind.HEADLINE: lambda: _("One line about what you do, or care about."),
    EntryKind.ABOUT: lambda: _("A few sentences in your own words. Line breaks are kept."),
    EntryKind.LANGUAGES: lambda: _("One a line, or with commas."),
    EntryKind.INTERESTS: lambda: _("One a line, or with commas."),
    EntryKind.SKILLS: lambda: _("One a line, or with commas."),
    EntryKind.OBJECTIVES: lambda: _("What you look for here, or offer."),
    EntryKind.PHONE: lambda: _("Never shown to anyone who is not signed in."),
    EntryKind.CONNECTIONS: lambda: _("Shown are people who let their connections be seen as well."),
    EntryKind.CONTRIBUTIONS: lambda: _("What you wrote lately, as far as the reader may read it."),
    EntryKind.SCRAPS: lambda: _("The messages on your page. Who sees this may read them all."),
    EntryKind.LAST_SEEN: lambda: _("The day of your last visit."),
    EntryKind.EMAIL: lambda: _("Never shown to anyone who is not signed in."),
}


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
