"""The kinds of entry: shape, default audience and limits of each, in one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.visibility import ALL_MEMBERS, CONNECTIONS, EVERYONE, MY_SIGS, ONLY_ME, Audience


class EntryKind(StrEnum):
    """The kinds of entry on a personal page, in the order of the page."""

    NAME = "name"
    PROFESSION = "profession"
    PHOTO = "photo"
    HEADLINE = "headline"
    ABOUT = "about"
    OBJECTIVES = "objectives"
    LOCATION = "location"
    TIME_ZONE = "time-zone"
    LANGUAGES = "languages"
    INTERESTS = "interests"
    SKILLS = "skills"
    EXPERIENCE = "experience"
    EDUCATION = "education"
    LINK = "link"
    GENDER = "gender"
    EMAIL = "email"
    PHONE = "phone"
    MEMBERSHIP = "membership"
    CONNECTIONS = "connections"
    CONTRIBUTIONS = "contributions"
    SCRAPS = "scraps"
    LAST_SEEN = "last-seen"


class Shape(StrEnum):
    """How an entry is written and shown."""

    LINE = "line"
    TEXT = "text"
    LIST = "list"
    GENDER = "gender"
    EMAIL = "email"
    PHONE = "phone"
    PHOTO = "photo"
    RECORD = "record"
    SIG = "sig"
    PEOPLE = "people"
    THREADS = "threads"
    SCRAPS = "scraps"
    DAY = "day"


class Gender(StrEnum):
    """What registration offers; the answer is an entry, for the member alone until they say otherwise."""

    WOMAN = "woman"
    MAN = "man"
    OTHER = "other"
    UNDISCLOSED = "undisclosed"


@dataclass(frozen=True, slots=True)
class EntryRule:
    """What holds for one kind of entry.

    `longest` is in characters; `default` is the audience until one is chosen. What is sensitive tells of origin, age,
    health or belief: it is never public by default, and to open it is asked with a warning. `suggest` names the
    vocabulary whose words the form offers.
    """

    shape: Shape
    longest: int
    default: Audience
    may_be_public: bool = True
    is_required: bool = False
    is_sensitive: bool = False
    suggest: str | None = None


ENTRY_RULES: Mapping[EntryKind, EntryRule] = {
    EntryKind.NAME: EntryRule(Shape.LINE, 80, EVERYONE, is_required=True),
    EntryKind.PROFESSION: EntryRule(Shape.LINE, 80, EVERYONE, is_required=True, suggest="occupations"),
    EntryKind.PHOTO: EntryRule(Shape.PHOTO, 64, ALL_MEMBERS, is_sensitive=True),
    EntryKind.HEADLINE: EntryRule(Shape.LINE, 160, EVERYONE),
    EntryKind.ABOUT: EntryRule(Shape.TEXT, 4000, ALL_MEMBERS),
    EntryKind.OBJECTIVES: EntryRule(Shape.TEXT, 2000, ALL_MEMBERS),
    EntryKind.LOCATION: EntryRule(Shape.LINE, 120, ALL_MEMBERS, is_sensitive=True, suggest="countries"),
    EntryKind.TIME_ZONE: EntryRule(Shape.LINE, 60, ALL_MEMBERS, suggest="time-zones"),
    EntryKind.LANGUAGES: EntryRule(Shape.LIST, 400, ALL_MEMBERS, is_sensitive=True),
    EntryKind.INTERESTS: EntryRule(Shape.LIST, 600, ALL_MEMBERS),
    EntryKind.SKILLS: EntryRule(Shape.LIST, 600, ALL_MEMBERS),
    EntryKind.EXPERIENCE: EntryRule(Shape.RECORD, 4000, ALL_MEMBERS),
    EntryKind.EDUCATION: EntryRule(Shape.RECORD, 4000, ALL_MEMBERS, is_sensitive=True),
    EntryKind.LINK: EntryRule(Shape.RECORD, 700, ALL_MEMBERS),
    EntryKind.GENDER: EntryRule(Shape.GENDER, 20, ONLY_ME, is_sensitive=True),
    EntryKind.EMAIL: EntryRule(Shape.EMAIL, 254, ONLY_ME, may_be_public=False, is_required=True),
    EntryKind.PHONE: EntryRule(Shape.PHONE, 40, ONLY_ME, may_be_public=False),
    EntryKind.MEMBERSHIP: EntryRule(Shape.SIG, 20, MY_SIGS),
    EntryKind.CONNECTIONS: EntryRule(Shape.PEOPLE, 10, CONNECTIONS),
    EntryKind.CONTRIBUTIONS: EntryRule(Shape.THREADS, 10, ALL_MEMBERS),
    EntryKind.SCRAPS: EntryRule(Shape.SCRAPS, 10, ALL_MEMBERS, may_be_public=False),
    EntryKind.LAST_SEEN: EntryRule(Shape.DAY, 10, ONLY_ME),
}
"""The one table of defaults, shown to everyone at /about/defaults."""

LINE_KINDS = (EntryKind.NAME, EntryKind.PROFESSION, EntryKind.PHOTO)
"""What a byline draws on."""

WRITTEN_SHAPES = frozenset({Shape.LINE, Shape.TEXT, Shape.LIST, Shape.GENDER, Shape.PHONE, Shape.RECORD})
"""The shapes that a member writes into a form; the others are chosen, uploaded or follow from what they do here."""

WORKED_OUT = (EntryKind.CONNECTIONS, EntryKind.CONTRIBUTIONS, EntryKind.SCRAPS, EntryKind.LAST_SEEN)
"""Entries that hold no text: what they show is worked out for each viewer, when their audience opens."""

SHOWN = "shown"
"""The value of an entry that is worked out."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a record. `is_month` is a year, or a year and a month; `is_address` an address on the web."""

    name: str
    longest: int
    lines: int = 1
    is_required: bool = False
    is_month: bool = False
    is_address: bool = False
    suggest: str | None = None


_FROM, _TO = Part("start", 7, is_month=True), Part("end", 7, is_month=True)

RECORD_PARTS: Mapping[EntryKind, tuple[Part, ...]] = {
    EntryKind.EXPERIENCE: (
        Part("role", 120, is_required=True, suggest="occupations"),
        Part("company", 120),
        _FROM,
        _TO,
        Part("industry", 120, suggest="industries"),
        Part("text", 2000, lines=4),
    ),
    EntryKind.EDUCATION: (
        Part("school", 120, is_required=True),
        Part("degree", 120),
        Part("field", 120),
        _FROM,
        _TO,
        Part("text", 2000, lines=4),
    ),
    EntryKind.LINK: (Part("address", 500, is_required=True, is_address=True), Part("label", 120)),
}
"""What each kind of record consists of."""

MOST_RECORDS = 60
"""Records of one kind on one page."""
