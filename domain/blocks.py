"""Blocks: two people who want nothing to do with each other, and the published matrix of what that means.

A block is a mark on both rings (`domain.visibility.ring_towards`); the matrix says what follows from it, and a test
does the thing for every cell. Who is blocked is told nothing; who blocked can end it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from domain.members import MemberLine
from domain.views import PageView, View

PEOPLE_SHOWN = 200
"""Blocks and mutes on their page, the newest first; ending some brings up the rest."""


class Side(StrEnum):
    """On which side of a block somebody stands."""

    BLOCKER = "blocker"
    BLOCKED = "blocked"


class Place(StrEnum):
    """Where two people meet: what belongs to the other, or a way to reach them."""

    PERSONAL_PAGE = "personal-page"
    PHOTO = "photo"
    BYLINE = "byline"
    POSTS = "posts"
    PEOPLE = "people"
    AUDIENCES = "audiences"
    SCRAPS = "scraps"
    REQUEST = "request"
    INVITATION = "invitation"
    MENTION = "mention"
    REPLY = "reply"
    FEEDS = "feeds"
    VIEW_AS = "view-as"
    REPORTS = "reports"
    MODERATION = "moderation"


class Effect(StrEnum):
    """What happens there."""

    AS_VISITOR = "as-visitor"
    SHUT = "shut"
    SILENT = "silent"
    UNCHANGED = "unchanged"


BLOCK_MATRIX: Mapping[Place, Mapping[Side, Effect]] = {
    Place.PERSONAL_PAGE: {Side.BLOCKER: Effect.AS_VISITOR, Side.BLOCKED: Effect.AS_VISITOR},
    Place.PHOTO: {Side.BLOCKER: Effect.AS_VISITOR, Side.BLOCKED: Effect.AS_VISITOR},
    Place.BYLINE: {Side.BLOCKER: Effect.AS_VISITOR, Side.BLOCKED: Effect.AS_VISITOR},
    Place.POSTS: {Side.BLOCKER: Effect.UNCHANGED, Side.BLOCKED: Effect.UNCHANGED},
    Place.PEOPLE: {Side.BLOCKER: Effect.AS_VISITOR, Side.BLOCKED: Effect.AS_VISITOR},
    Place.AUDIENCES: {Side.BLOCKER: Effect.SHUT, Side.BLOCKED: Effect.SHUT},
    Place.SCRAPS: {Side.BLOCKER: Effect.SHUT, Side.BLOCKED: Effect.SHUT},
    Place.REQUEST: {Side.BLOCKER: Effect.SHUT, Side.BLOCKED: Effect.SHUT},
    Place.INVITATION: {Side.BLOCKER: Effect.SHUT, Side.BLOCKED: Effect.SHUT},
    Place.MENTION: {Side.BLOCKER: Effect.SHUT, Side.BLOCKED: Effect.SHUT},
    Place.REPLY: {Side.BLOCKER: Effect.SILENT, Side.BLOCKED: Effect.SILENT},
    Place.FEEDS: {Side.BLOCKER: Effect.AS_VISITOR, Side.BLOCKED: Effect.AS_VISITOR},
    Place.VIEW_AS: {Side.BLOCKER: Effect.AS_VISITOR, Side.BLOCKED: Effect.AS_VISITOR},
    Place.REPORTS: {Side.BLOCKER: Effect.UNCHANGED, Side.BLOCKED: Effect.UNCHANGED},
    Place.MODERATION: {Side.BLOCKER: Effect.UNCHANGED, Side.BLOCKED: Effect.UNCHANGED},
}
"""What happens to whoever blocks, and to whoever is blocked, where they come upon the other."""


def list_cells() -> Iterator[tuple[Place, Side, Effect]]:
    """Every cell of the matrix."""
    for place, row in BLOCK_MATRIX.items():
        for side, effect in row.items():
            yield place, side, effect


class MatrixLine(View):
    """One row of the published matrix."""

    place: Place
    blocker: Effect
    blocked: Effect


class BlockMatrixPage(PageView, template="about/blocks.html"):
    """The matrix, for everyone to read."""

    lines: tuple[MatrixLine, ...]


def block_matrix_page() -> BlockMatrixPage:
    """The matrix as its page shows it."""
    return BlockMatrixPage(
        lines=tuple(
            MatrixLine(place=place, blocker=row[Side.BLOCKER], blocked=row[Side.BLOCKED])
            for place, row in BLOCK_MATRIX.items()
        )
    )


class BlockPage(PageView, template="settings/block.html"):
    """What a block does, before it is made."""

    person: MemberLine


class UnblockPage(PageView, template="settings/unblock.html"):
    """The question before a block ends; the same for everybody, so that it tells of nobody. `action` is where the yes
    goes, `reference` whom it names, None where the address does."""

    action: str
    reference: str | None = None


class ShunnedLine(View):
    """Somebody whom the viewer blocks or mutes; `reference` names them in forms, also where their name is hidden."""

    person: MemberLine
    reference: str
    since: datetime


class BlocksPage(PageView, template="settings/blocks.html"):
    """Whom the viewer blocks, and whom they mute."""

    blocked: tuple[ShunnedLine, ...]
    muted: tuple[ShunnedLine, ...]
