"""The script of the demo, as its TOML files have it: communities and SIGs, people, and who says what.

`people.toml` and `communities.toml` set the scene; each file in `talk/` holds the threads of the SIG it is named after;
`asides.toml` has what people do beside the talk.
A file that does not fit is an error that names what is wrong, when it is read and not halfway through loading.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from domain.forum import ThreadKind
from domain.members import RECORD_PARTS, EntryKind, Record
from domain.sigs import CIRCLES, Circle, Joining, Role, SigSettings
from web.demo.asides import Aside, read_asides

CONTENT = Path(__file__).parent
MAIL_HOST = "example.org"


@dataclass(frozen=True, slots=True)
class SigPart:
    """A SIG of the demo; it is as old as its community, `age` in days."""

    slug: str
    name: str
    description: str
    age: int
    settings: SigSettings


@dataclass(frozen=True, slots=True)
class CommunityPart:
    """A community of the demo with its SIGs."""

    slug: str
    name: str
    description: str
    sigs: tuple[SigPart, ...]


@dataclass(frozen=True, slots=True)
class PersonPart:
    """A person of the demo. `audiences` are as stored, but name a SIG by its slug; `joined` is in days before today.

    `records` are jobs, schools and links; `connections` are keys of people who come before this one.
    """

    key: str
    joined: int
    entries: Mapping[EntryKind, str]
    audiences: Mapping[EntryKind, str]
    sigs: Mapping[str, Role]
    has_public_page: bool
    log_in: str | None
    is_staff: bool = False
    records: Sequence[tuple[EntryKind, Record]] = ()
    connections: Sequence[str] = ()

    @property
    def email(self) -> str:
        """Where mail would go, at a host that takes none."""
        return f"{self.key}@{MAIL_HOST}"


@dataclass(frozen=True, slots=True)
class Saying:
    """One post: who says it, and to which number of the thread it replies."""

    by: str
    text: str
    to: int | None = None
    accepted: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """One thread; it opened `age` days before today."""

    sig: str
    title: str
    age: float
    posts: tuple[Saying, ...]
    tags: str = ""
    kind: ThreadKind = ThreadKind.DISCUSSION


@dataclass(frozen=True, slots=True)
class Script:
    """The whole demo."""

    communities: tuple[CommunityPart, ...]
    people: tuple[PersonPart, ...]
    talks: tuple[Talk, ...] = field(repr=False)
    asides: tuple[Aside, ...] = field(repr=False, default=())


@cache
def read_script() -> Script:
    """Read every file. Raises ValueError, KeyError or TypeError where one does not fit."""
    communities = tuple(_community(table) for table in _tables("communities.toml", "community"))
    people = tuple(_person(table) for table in _tables("people.toml", "person"))
    talks: list[Talk] = []
    for community in communities:
        for sig in community.sigs:
            talks += (_talk(sig.slug, table) for table in _tables(f"talk/{sig.slug}.toml", "thread"))
    return Script(communities, people, tuple(talks), read_asides())


def list_log_ins() -> list[tuple[str, str]]:
    """The addresses to sign in with, each with the words for the part that it plays."""
    return [(person.email, person.log_in) for person in read_script().people if person.log_in]


def _tables(name: str, kind: str) -> Sequence[dict[str, Any]]:
    with (CONTENT / name).open("rb") as file:
        tables: Sequence[dict[str, Any]] = tomllib.load(file)[kind]
    return tables


def _community(table: dict[str, Any]) -> CommunityPart:
    return CommunityPart(sigs=tuple(_sig(**sig) for sig in table.pop("sig")), **table)


def _sig(slug: str, name: str, description: str, age: int, joining: str = Joining.OPEN, **settings: Any) -> SigPart:
    settings |= {name: Circle(settings[name]) for name in CIRCLES if name in settings}
    rules = tuple(settings.pop("rules", ()))
    return SigPart(slug, name, description, age, SigSettings(joining=Joining(joining), rules=rules, **settings))


def _person(table: dict[str, Any]) -> PersonPart:
    kinds = {kind.value for kind in EntryKind}
    return PersonPart(
        key=table.pop("key"),
        joined=table.pop("joined"),
        audiences={EntryKind(kind): audience for kind, audience in table.pop("audiences", {}).items()},
        sigs=dict(map(_role, table.pop("sigs", []))),
        has_public_page=table.pop("public_page", True),
        log_in=table.pop("log_in", None),
        is_staff=table.pop("is_staff", False),
        records=[(kind, record) for kind in RECORD_PARTS for record in table.pop(kind, [])],
        connections=table.pop("connections", []),
        entries={EntryKind(kind): table.pop(kind) for kind in sorted(kinds & table.keys())} | _nothing_left(table),
    )


def _nothing_left(table: dict[str, Any]) -> dict[EntryKind, str]:
    """A word that nobody reads is a slip of the pen. The address is not kept as an entry's value."""
    if table:
        raise ValueError(f"nobody knows what these mean: {', '.join(table)}")
    return {EntryKind.EMAIL: ""}


def _role(text: str) -> tuple[str, Role]:
    slug, _, role = text.partition(":")
    return slug, Role(role or Role.MEMBER)


def _talk(sig: str, table: dict[str, Any]) -> Talk:
    posts = tuple(Saying(**{**post, "text": post["text"].strip()}) for post in table.pop("posts"))
    kind = ThreadKind(table.pop("kind", ThreadKind.DISCUSSION))
    return Talk(sig=sig, posts=posts, kind=kind, **table)
