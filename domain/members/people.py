"""Entries as stored, people as bylines need them, and the line that stands for a person wherever they appear."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.members.kinds import EntryKind
from domain.members.values import Slot
from domain.views import View
from domain.visibility import Audience, Guarded, Ring, own_key, reveal, ring_towards

# What storage hands to the rules: private values stay guarded until a ring opens them.


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as stored; the value opens only to a ring. A membership's SIG has its name and address beside it."""

    entry_id: int
    slot: Slot
    value: Guarded[str]
    audience: Audience
    sig: tuple[str, str] | None = None

    @property
    def kind(self) -> EntryKind:
        """The kind of entry."""
        return self.slot.kind


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
    `tile` seeds the generated picture: of a hidden person it says nothing that holds outside the thread. `photo` is the
    file name of their photo, where the viewer may see it.
    """

    kind: LineKind
    tile: str
    name: str | None = None
    profession: str | None = None
    photo: str | None = None
    number: int | None = None
    address: str | None = None
    source_url: str | None = None
    is_viewer: bool = False


def line_of_member(person: Person, ring: Ring, *, thread_id: int = 0, number: int | None = None) -> MemberLine:
    """The byline of a member as the holder of this ring sees it: without the name, nothing else tells who it is."""
    ring = ring_towards(ring, person.member_id)
    name = _revealed(person, EntryKind.NAME, ring)
    if name is None:
        return MemberLine(kind=LineKind.HIDDEN, tile=f"hidden-{thread_id}-{number}", number=number)
    return MemberLine(
        kind=LineKind.MEMBER,
        tile=person.public_id,
        name=name,
        profession=_revealed(person, EntryKind.PROFESSION, ring),
        photo=_revealed(person, EntryKind.PHOTO, ring) or None,
        number=number,
        address=person.public_id,
        is_viewer=own_key(person.member_id) in ring,
    )


def _revealed(person: Person, kind: EntryKind, ring: Ring) -> str | None:
    return reveal(person.entries[kind], ring) if kind in person.entries else None


def line_of_source(author: SourceAuthor) -> MemberLine:
    """The byline of an imported author, as public as the source made it."""
    return MemberLine(
        kind=LineKind.SOURCE, tile=f"source-{author.author_id}", name=author.name, source_url=author.source_url
    )
