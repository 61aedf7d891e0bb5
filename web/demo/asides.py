"""What the people of the demo do beside their talk, as `asides.toml` has it: one table for each thing that is done.

`age` is in days before today. A post is named by the title of its thread and its number there, a SIG by its slug.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from domain.moderation import ActKind, ReportReason
from domain.start_page import KeepsakeKind

CONTENT: Final = Path(__file__).parent / "asides.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Something that somebody does."""

    by: str
    age: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapAside(Aside):
    """A scrap on somebody's board, or a reply to one that came before."""

    to: str
    text: str
    private: bool = False
    above: "ScrapAside | None" = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAside(Aside):
    """From now on scraps wait for their owner's yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAside(Aside):
    """A request to connect."""

    to: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteAside(Aside):
    """No notices about somebody."""

    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockAside(Aside):
    """A block."""

    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WishAside(Aside):
    """A request to join a SIG."""

    sig: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAside(Aside):
    """An invitation into a SIG."""

    to: str
    sig: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepsakeAside(Aside):
    """Something that is kept on a start page; `folder` is the title of one that was kept before, `text` what a file
    holds, which is named by its title."""

    kind: KeepsakeKind
    title: str
    address: str = ""
    text: str = ""
    tags: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAside(Aside):
    """A report of a post or, where no thread is named, of a person."""

    grounds: ReportReason
    thread: str = ""
    number: int = 0
    person: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAside(Aside):
    """A moderator opens the case of a reported post, and leaves a note for the others."""

    sig: str
    thread: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActAside(Aside):
    """An act of a moderator, on a post or, where it names the SIG, on the case of a report in its queue."""

    thread: str
    deed: ActKind
    rule: str
    reason: str
    number: int = 1
    sig: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealAside(Aside):
    """An appeal against the last act about this thread."""

    thread: str
    words: str


_MEANINGS: Final[Mapping[str, Callable[[Any], object]]] = {
    "kind": KeepsakeKind,
    "deed": ActKind,
    "grounds": ReportReason,
    "reason": str.strip,
    "text": str.strip,
    "words": str.strip,
    "note": str.strip,
}
KINDS: Final[Mapping[str, type[Aside]]] = {
    "approval": ApprovalAside,
    "request": RequestAside,
    "mute": MuteAside,
    "block": BlockAside,
    "wish": WishAside,
    "invitation": InvitationAside,
    "keepsake": KeepsakeAside,
    "report": ReportAside,
    "note": NoteAside,
    "act": ActAside,
    "appeal": AppealAside,
}


def read_asides() -> tuple[Aside, ...]:
    """Every aside, in the order of their moments. Raises ValueError, KeyError or TypeError where one does not fit."""
    with CONTENT.open("rb") as file:
        content: dict[str, list[dict[str, Any]]] = tomllib.load(file)
    asides: list[Aside] = []
    for table in content.pop("scrap"):
        asides += _scraps(**table)
    for name, tables in content.items():
        asides += (KINDS[name](**_meant(table)) for table in tables)
    return tuple(sorted(asides, key=lambda aside: -aside.age))


def _meant(table: dict[str, Any]) -> dict[str, Any]:
    return {name: _MEANINGS[name](value) if name in _MEANINGS else value for name, value in table.items()}


def _scraps(to: str, replies: list[dict[str, Any]] | None = None, **table: Any) -> list[ScrapAside]:
    first = ScrapAside(to=to, **_meant(table))
    return [first, *(ScrapAside(to=to, above=first, **_meant(reply)) for reply in replies or ())]
