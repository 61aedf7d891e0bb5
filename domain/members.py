"""Members and the entries of their personal pages: kinds, defaults, and what of it a viewer gets.

Rules kept here: each entry has its own audience; the defaults stand in one table; contact data is never public; and a
person appears anywhere else than on their own page only as a `MemberLine`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.views import PageView, View
from domain.visibility import (
    ALL_MEMBERS,
    EVERYONE,
    ONLY_ME,
    Audience,
    Guarded,
    Key,
    Keys,
    Ring,
    Scope,
    own_key,
    reason_to_see,
    reveal,
)


class EntryKind(StrEnum):
    """The kinds of entry on a personal page, in the order of the page."""

    NAME = "name"
    PROFESSION = "profession"
    HEADLINE = "headline"
    ABOUT = "about"
    LOCATION = "location"
    LANGUAGES = "languages"
    INTERESTS = "interests"
    GENDER = "gender"
    EMAIL = "email"


class Shape(StrEnum):
    """How an entry is written and shown."""

    LINE = "line"
    TEXT = "text"
    LIST = "list"
    GENDER = "gender"
    EMAIL = "email"


class Gender(StrEnum):
    """What registration offers; the answer is an entry, for the member alone until they say otherwise."""

    WOMAN = "woman"
    MAN = "man"
    OTHER = "other"
    UNDISCLOSED = "undisclosed"


@dataclass(frozen=True, slots=True)
class EntryRule:
    """What holds for one kind of entry: its shape, its longest value in characters and its audience until chosen."""

    shape: Shape
    longest: int
    default: Audience
    may_be_public: bool = True
    is_required: bool = False


ENTRY_RULES: Mapping[EntryKind, EntryRule] = {
    EntryKind.NAME: EntryRule(Shape.LINE, 80, EVERYONE, is_required=True),
    EntryKind.PROFESSION: EntryRule(Shape.LINE, 80, EVERYONE, is_required=True),
    EntryKind.HEADLINE: EntryRule(Shape.LINE, 160, EVERYONE),
    EntryKind.ABOUT: EntryRule(Shape.TEXT, 4000, ALL_MEMBERS),
    EntryKind.LOCATION: EntryRule(Shape.LINE, 120, ALL_MEMBERS),
    EntryKind.LANGUAGES: EntryRule(Shape.LIST, 400, ALL_MEMBERS),
    EntryKind.INTERESTS: EntryRule(Shape.LIST, 600, ALL_MEMBERS),
    EntryKind.GENDER: EntryRule(Shape.GENDER, 20, ONLY_ME),
    EntryKind.EMAIL: EntryRule(Shape.EMAIL, 254, ONLY_ME, may_be_public=False, is_required=True),
}
"""The one table of defaults, shown to everyone at /about/defaults."""

LINE_KINDS = (EntryKind.NAME, EntryKind.PROFESSION)
"""What a byline draws on."""

CHOOSABLE_SCOPES = (Scope.EVERYONE, Scope.MEMBERS, Scope.MY_SIGS, Scope.SIG, Scope.ONLY_ME)


class EntryProblem(StrEnum):
    """Why an entry cannot be saved as it is."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    NOT_OFFERED = "not-offered"
    NEVER_PUBLIC = "never-public"


def problem_with_value(kind: EntryKind, value: str) -> EntryProblem | None:
    """What is wrong with a value for this kind of entry, or None."""
    rule = ENTRY_RULES[kind]
    if not value:
        return EntryProblem.EMPTY if rule.is_required else None
    if len(value) > rule.longest:
        return EntryProblem.TOO_LONG
    if rule.shape is Shape.GENDER and value not in set(Gender):
        return EntryProblem.NOT_OFFERED
    return None


def problem_with_audience(kind: EntryKind, audience: Audience, sig_ids: frozenset[int]) -> EntryProblem | None:
    """Whether a member of these SIGs may choose this audience for this kind of entry."""
    if audience.scope is Scope.EVERYONE and not ENTRY_RULES[kind].may_be_public:
        return EntryProblem.NEVER_PUBLIC
    if audience.scope not in CHOOSABLE_SCOPES:
        return EntryProblem.NOT_OFFERED
    if audience.scope is Scope.SIG and audience.of not in sig_ids:
        return EntryProblem.NOT_OFFERED
    return None


def tidy_value(kind: EntryKind, value: str) -> str:
    """The stored form: one line without outer spaces, a text with its line breaks, or a list with one item a line."""
    shape = ENTRY_RULES[kind].shape
    if shape is Shape.TEXT:
        return value.replace("\r\n", "\n").strip()
    if shape is Shape.LIST:
        items = (" ".join(item.split()) for line in value.splitlines() for item in line.split(","))
        return "\n".join(dict.fromkeys(item for item in items if item))
    return " ".join(value.split())


# What storage hands to the rules: private values stay guarded until a ring opens them.


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as stored; the value opens only to a ring."""

    entry_id: int
    kind: EntryKind
    value: Guarded[str]
    audience: Audience


@dataclass(frozen=True, slots=True)
class Person:
    """A member as bylines need them: the guarded entries of `LINE_KINDS`, and the public address of their page."""

    member_id: int
    public_id: str
    entries: Mapping[EntryKind, Guarded[str]]


@dataclass(frozen=True, slots=True)
class SourceAuthor:
    """The author of imported posts: nobody's account, named as the source published the name."""

    author_id: int
    name: str
    source_url: str


class LineKind(StrEnum):
    """Whom a `MemberLine` stands for."""

    MEMBER = "member"
    HIDDEN = "hidden"
    SOURCE = "source"
    FORMER = "former"


class MemberLine(View):
    """A person in a byline or a list.

    `name` is None when the viewer may not see it: the words are then "A member", or "Member 3" where `number` numbers
    the people of a thread. `address` is the public id of their page, `source_url` the profile of an imported author.
    `tile` seeds the generated picture: of a hidden person it says nothing that holds outside the thread.
    """

    kind: LineKind
    tile: str
    name: str | None = None
    profession: str | None = None
    number: int | None = None
    address: str | None = None
    source_url: str | None = None
    is_viewer: bool = False


def line_of_member(person: Person, ring: Ring, *, thread_id: int = 0, number: int | None = None) -> MemberLine:
    """The byline of a member as the holder of this ring sees it: without the name, nothing else tells who it is."""
    name = reveal(person.entries[EntryKind.NAME], ring) if EntryKind.NAME in person.entries else None
    if name is None:
        return MemberLine(kind=LineKind.HIDDEN, tile=f"hidden-{thread_id}-{number}", number=number)
    profession = person.entries.get(EntryKind.PROFESSION)
    return MemberLine(
        kind=LineKind.MEMBER,
        tile=person.public_id,
        name=name,
        profession=None if profession is None else reveal(profession, ring),
        number=number,
        address=person.public_id,
        is_viewer=own_key(person.member_id) in ring,
    )


def line_of_source(author: SourceAuthor) -> MemberLine:
    """The byline of an imported author, as public as the source made it."""
    return MemberLine(
        kind=LineKind.SOURCE, tile=f"source-{author.author_id}", name=author.name, source_url=author.source_url
    )


class KeyChip(View):
    """The key of something visible: `scope` picks shape and word, `name` is the SIG's where it opens to one SIG.

    On one's own things the chip says which audience was chosen, on other people's why the viewer sees it.
    """

    scope: Scope
    name: str | None = None
    own: bool = False


_CHIP_OF_KEY = {
    "public": Scope.EVERYONE,
    "members": Scope.MEMBERS,
    "sig": Scope.SIG,
    "con": Scope.CONNECTIONS,
    "list": Scope.LIST,
    "own": Scope.ONLY_ME,
}


def chip_for_reader(keys: Keys, ring: Ring, sig_names: Mapping[int, str]) -> KeyChip | None:
    """The reason for which the reader sees a thing of somebody else's, as a chip; None when they do not see it."""
    key = reason_to_see(keys, ring)
    return None if key is None else _chip_of(key, sig_names)


def _chip_of(key: Key, sig_names: Mapping[int, str]) -> KeyChip:
    family, _, number = key.partition(":")
    scope = _CHIP_OF_KEY[family]
    return KeyChip(scope=scope, name=sig_names.get(int(number)) if scope is Scope.SIG else None)


def chip_for_owner(audience: Audience, sig_names: Mapping[int, str]) -> KeyChip:
    """The audience that the owner chose, as the chip that changes it."""
    name = sig_names.get(audience.of) if audience.scope is Scope.SIG and audience.of is not None else None
    return KeyChip(scope=audience.scope, name=name, own=True)


class EntryLine(View):
    """One visible entry: `items` are its lines, for a list one an item."""

    kind: EntryKind
    shape: Shape
    items: tuple[str, ...]
    key: KeyChip


class AudienceOption(View):
    """One choice of audience for an entry; `people` counts who will see it, the owner included, None for everyone."""

    value: str
    scope: Scope
    name: str | None
    people: int | None
    chosen: bool


class EntryInput(View):
    """One entry on the owner's edit page: value, who sees it now, and what may be chosen."""

    kind: EntryKind
    shape: Shape
    value: str
    longest: int
    is_required: bool
    options: tuple[AudienceOption, ...]
    problem: EntryProblem | None = None


class MemberPage(PageView, template="members/show.html"):
    """A personal page as one viewer gets it. Who may see no entry gets no page at all."""

    line: MemberLine
    address: str
    headline: str | None
    entries: tuple[EntryLine, ...]
    is_own: bool
    public_page: bool


class EditPage(PageView, template="members/edit.html"):
    """The owner's form for all entries, each with its audience."""

    address: str
    inputs: tuple[EntryInput, ...]
    public_page: bool
    saved: bool = False
    widening: tuple[EntryKind, ...] = ()


class DefaultLine(View):
    """One row of the visible table of defaults."""

    kind: EntryKind
    key: KeyChip
    may_be_public: bool
    is_required: bool


class DefaultsPage(PageView, template="members/defaults.html"):
    """The table of defaults, as everyone may read it."""

    lines: tuple[DefaultLine, ...]


def defaults_page() -> DefaultsPage:
    """`ENTRY_RULES` as a page."""
    return DefaultsPage(
        lines=tuple(
            DefaultLine(
                kind=kind,
                key=chip_for_owner(rule.default, {}),
                may_be_public=rule.may_be_public,
                is_required=rule.is_required,
            )
            for kind, rule in ENTRY_RULES.items()
        )
    )


def visible_entries(entries: Iterable[Entry], ring: Ring, sig_names: Mapping[int, str]) -> tuple[EntryLine, ...]:
    """The entries that the holder of this ring may see, in the order of the page, each with its reason."""
    lines = []
    for entry in entries:
        value = reveal(entry.value, ring)
        key = chip_for_reader(entry.value.keys, ring, sig_names)
        if not value or key is None:
            continue
        is_own = key.scope is Scope.ONLY_ME
        lines.append(
            EntryLine(
                kind=entry.kind,
                shape=ENTRY_RULES[entry.kind].shape,
                items=tuple(value.split("\n")),
                key=chip_for_owner(entry.audience, sig_names) if is_own else key,
            )
        )
    return tuple(lines)
