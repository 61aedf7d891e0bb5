"""Scraps as views: each opened once more, in Python, by the ring that counts for its board."""

from typing import Any

from sqlalchemy import Row

from domain.members import KeyChip, LineKind, MemberLine, Person, line_of_member
from domain.scraps import (
    ScrapKind,
    ScrapState,
    ScrapView,
    Topic,
    refuse_to_delete,
    refuse_to_hide,
    refuse_to_release,
    refuse_to_take_back,
)
from domain.views import SafeHtml
from domain.visibility import Guarded, Ring, Viewer, own_key, reveal, ring_towards
from storage.key_sets import parse_keys
from storage.scraps.keys import scrap_of


def author_of(row: Row[Any], people: dict[int, Person], ring: Ring) -> MemberLine | None:
    """Whoever wrote a scrap, as the holder of this ring sees them; None for Stoa."""
    if row.kind == ScrapKind.SYSTEM:
        return None
    if row.member_id is None or row.member_id not in people:
        return MemberLine(kind=LineKind.FORMER, tile=f"former-scrap-{row.scrap_id}")
    return line_of_member(people[row.member_id], ring)


def place_of(row: Row[Any]) -> ScrapView:
    """What is left of a scrap that was taken back, where replies to it stand: nothing of who wrote it, and how."""
    return ScrapView(
        scrap_id=row.scrap_id,
        author=None,
        topic=None,
        html=None,
        written_at=row.written_at,
        state=ScrapState.STANDING,
        is_private=False,
        is_deleted=True,
        key=None,
    )


def scrap_view(
    row: Row[Any], people: dict[int, Person], viewer: Viewer, board: KeyChip | None, *, with_owner: bool = False
) -> ScrapView:
    """A visible scrap. `board` is the chip of where it stands; in a list of one's own there is none, but its owner."""
    scrap = scrap_of(row)
    ring = ring_towards(viewer.ring, scrap.owner_id) | _own(viewer, with_owner=with_owner)
    html = reveal(Guarded(SafeHtml(row.html), parse_keys(row.keys)), ring)
    is_open = scrap.is_open and (scrap.above is None or scrap.above.is_open)
    may_release = refuse_to_release(viewer, scrap) is None and scrap.state is not ScrapState.STANDING
    is_hideable = scrap.state is not ScrapState.HIDDEN and not scrap.is_private
    may_hide = is_hideable and refuse_to_hide(viewer, scrap) is None
    return ScrapView(
        scrap_id=row.scrap_id,
        author=author_of(row, people, viewer.ring),
        topic=Topic(row.topic) if row.topic else None,
        html=None if scrap.kind is ScrapKind.SYSTEM else html,
        written_at=row.written_at,
        state=scrap.state,
        is_private=scrap.is_private,
        is_deleted=False,
        key=board if is_open else None,
        owner=line_of_member(people[scrap.owner_id], viewer.ring) if with_owner else None,
        may_release=may_release,
        may_hide=may_hide,
        may_delete=refuse_to_delete(viewer, scrap) is None,
        may_take_back=refuse_to_take_back(viewer, scrap) is None and viewer.member_id != scrap.owner_id,
    )


def _own(viewer: Viewer, *, with_owner: bool) -> Ring:
    """What somebody wrote they find in their own list, whatever is between them and its reader."""
    return frozenset({own_key(viewer.member_id)}) if with_owner and viewer.member_id else frozenset()
