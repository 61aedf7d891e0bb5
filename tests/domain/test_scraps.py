"""The rules of scraps as tables: the keys of each, and who may do what with it."""

from itertools import product

import pytest

from domain.refusals import Reason
from domain.scraps import (
    MOST_REPLIES,
    Scrap,
    ScrapKind,
    ScrapState,
    may_see_scrap,
    refuse_to_delete,
    refuse_to_hide,
    refuse_to_release,
    refuse_to_reply_to,
    refuse_to_take_back,
    scrap_keys,
)
from domain.visibility import MEMBERS, VISITOR_RING, Keys, Viewer, block_mark, connection_key, member_ring, own_key

OWNER, WRITER, OTHER, STRANGER = 1, 2, 3, 4
STANDING, WAITING, HIDDEN, WITHHELD = ScrapState
OWN, OF_WRITER, OF_OTHER = (own_key(one) for one in (OWNER, WRITER, OTHER))
BOARD = frozenset({OWN, MEMBERS})
SHUT = frozenset({OWN})

open_scrap = Scrap(OWNER, WRITER)
waiting = Scrap(OWNER, WRITER, state=WAITING)
hidden = Scrap(OWNER, WRITER, state=HIDDEN)
withheld = Scrap(OWNER, WRITER, state=WITHHELD)
private = Scrap(OWNER, WRITER, is_private=True)
former = Scrap(OWNER, None, ScrapKind.FORMER)
system = Scrap(OWNER, None, ScrapKind.SYSTEM)
deleted = Scrap(OWNER, WRITER, is_deleted=True)

KEYS: dict[str, tuple[Scrap, set[str]]] = {
    "it stands": (open_scrap, {OWN, OF_WRITER, MEMBERS}),
    "it waits": (waiting, {OWN, OF_WRITER}),
    "it was hidden": (hidden, {OWN, OF_WRITER}),
    "the staff hid it": (withheld, {OWN, OF_WRITER}),
    "a reply under what the staff hid": (Scrap(OWNER, OTHER, above=withheld), {OWN, OF_OTHER}),
    "it is private": (private, {OWN, OF_WRITER}),
    "its writer has left": (former, {OWN, MEMBERS}),
    "private, and its writer has left": (Scrap(OWNER, None, ScrapKind.FORMER, is_private=True), {OWN}),
    "it is Stoa's": (system, {OWN}),
    "it was deleted": (deleted, {OWN}),
    "a reply": (Scrap(OWNER, OTHER, above=open_scrap), {OWN, OF_OTHER, MEMBERS}),
    "a reply that waits": (Scrap(OWNER, OTHER, state=WAITING, above=open_scrap), {OWN, OF_OTHER}),
    "a reply that was hidden": (Scrap(OWNER, OTHER, state=HIDDEN, above=open_scrap), {OWN, OF_OTHER}),
    "a reply under what waits": (Scrap(OWNER, OTHER, above=waiting), {OWN, OF_OTHER}),
    "a reply under what was hidden": (Scrap(OWNER, OTHER, above=hidden), {OWN, OF_OTHER}),
    "the owner's reply under what was hidden": (Scrap(OWNER, OWNER, above=hidden), {OWN}),
    "the owner's reply under what is private": (Scrap(OWNER, OWNER, is_private=True, above=private), {OWN, OF_WRITER}),
    "the writer's reply under what is private": (
        Scrap(OWNER, WRITER, is_private=True, above=private),
        {OWN, OF_WRITER},
    ),
    "a hidden reply of the owner's under what is private": (
        Scrap(OWNER, OWNER, state=HIDDEN, is_private=True, above=private),
        {OWN},
    ),
    "a reply of somebody who has left": (Scrap(OWNER, None, ScrapKind.FORMER, above=open_scrap), {OWN, MEMBERS}),
    "a deleted reply": (Scrap(OWNER, OTHER, is_deleted=True, above=open_scrap), {OWN}),
}


@pytest.mark.parametrize("case", KEYS)
def test_the_keys_of_a_scrap(case: str) -> None:
    scrap, expected = KEYS[case]
    assert scrap_keys(BOARD, scrap) == expected
    assert scrap_keys(SHUT, scrap) == expected - {MEMBERS}, "a board for its owner alone opens nothing more"


@pytest.mark.parametrize("case", KEYS)
def test_a_reply_goes_no_further_than_what_it_answers(case: str) -> None:
    scrap, _ = KEYS[case]
    if scrap.above is None or scrap.above.is_deleted:
        return
    shared = scrap_keys(BOARD, scrap) - {OF_OTHER, OF_WRITER}
    assert shared <= scrap_keys(BOARD, scrap.above), "but for its own writer"


def _ring(member_id: int, *, blocked: int | None = None, connected: int | None = None) -> Viewer:
    ring = member_ring(
        member_id,
        in_good_standing=True,
        connected_ids=() if connected is None else (connected,),
        blocked_ids=() if blocked is None else (blocked,),
    )
    return Viewer(member_id, ring)


BOARDS: dict[str, Keys] = {
    "members": BOARD,
    "connections": frozenset({OWN, connection_key(OWNER)}),
    "only the owner": SHUT,
}
READERS = {
    # board: who reads what stands there
    "members": {OWNER, WRITER, OTHER, STRANGER},
    "connections": {OWNER, OTHER},
    "only the owner": {OWNER},
}


@pytest.mark.parametrize(
    ("board", "scrap"), [*product(BOARDS, (open_scrap, waiting, hidden, withheld, private, system, deleted))]
)
def test_who_sees_a_scrap(board: str, scrap: Scrap) -> None:
    keys = scrap_keys(BOARDS[board], scrap)
    viewers = {one: _ring(one, connected=OWNER if one == OTHER else None) for one in (OWNER, WRITER, OTHER, STRANGER)}
    two = {OWNER, WRITER} if scrap.writer_id else {OWNER}
    expected = set() if scrap.is_deleted else (READERS[board] | two if scrap.is_open else two)
    assert {one for one, viewer in viewers.items() if may_see_scrap(scrap, keys, viewer.ring)} == expected
    assert not may_see_scrap(scrap, keys, VISITOR_RING)


@pytest.mark.parametrize("scrap", [open_scrap, waiting, private])
def test_a_block_with_the_owner_shuts_the_board(scrap: Scrap) -> None:
    keys = scrap_keys(BOARD, scrap)
    for one in (WRITER, OTHER):
        blocked = _ring(one, blocked=OWNER).ring
        assert block_mark(OWNER) in blocked
        assert not may_see_scrap(scrap, keys, blocked)
        elsewhere = _ring(one, blocked=STRANGER).ring
        assert may_see_scrap(scrap, keys, elsewhere) == may_see_scrap(scrap, keys, _ring(one).ring)
    assert may_see_scrap(scrap, keys, _ring(OWNER, blocked=WRITER).ring), "the owner keeps their board"


RULES = {
    # act: who may; system: whether the owner may do it to Stoa's
    refuse_to_release: ({OWNER}, True),
    refuse_to_hide: ({OWNER}, False),
    refuse_to_delete: ({OWNER}, True),
    refuse_to_take_back: ({WRITER}, False),
}


@pytest.mark.parametrize("rule", RULES)
def test_who_may_do_what(rule: object) -> None:
    allowed, may_with_system = RULES[rule]  # type: ignore[index]  # the rules are the keys
    for one in (OWNER, WRITER, OTHER):
        refused = rule(_ring(one), open_scrap)  # type: ignore[operator]  # as above
        assert (refused is None) == (one in allowed)
        assert refused is None or refused.reason is Reason.NOT_YOURS
    assert (rule(_ring(OWNER), system) is None) == may_with_system  # type: ignore[operator]  # as above
    assert rule(Viewer(), former) is not None, "nobody is the writer who has left"  # type: ignore[operator]  # as above


def test_who_is_suspended_opens_nothing_and_still_narrows() -> None:
    viewer = Viewer(OWNER, member_ring(OWNER, in_good_standing=False))
    refused = refuse_to_release(viewer, hidden)
    assert refused is not None
    assert refused.reason is Reason.NOT_CONFIRMED
    assert refuse_to_hide(viewer, open_scrap) is None
    assert refuse_to_delete(viewer, open_scrap) is None


def test_what_the_staff_hid_is_not_the_owners_to_open() -> None:
    for rule in (refuse_to_release, refuse_to_hide):
        refused = rule(_ring(OWNER), withheld)
        assert refused is not None
        assert refused.reason is Reason.INVALID
    assert refuse_to_delete(_ring(OWNER), withheld) is None
    assert refuse_to_take_back(_ring(WRITER), withheld) is None


REPLIES = [
    (open_scrap, 0, None),
    (private, MOST_REPLIES - 1, None),
    (former, 0, None),
    (open_scrap, MOST_REPLIES, Reason.CLOSED),
    (waiting, 0, Reason.INVALID),
    (hidden, 0, Reason.INVALID),
    (withheld, 0, Reason.INVALID),
    (system, 0, Reason.INVALID),
    (Scrap(OWNER, OTHER, above=open_scrap), 0, Reason.INVALID),
]


@pytest.mark.parametrize(("scrap", "replies", "expected"), REPLIES)
def test_what_takes_replies(scrap: Scrap, replies: int, expected: Reason | None) -> None:
    refused = refuse_to_reply_to(scrap, replies)
    assert (refused.reason if refused else None) is expected
