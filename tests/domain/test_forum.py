"""Decision tables of the forum: who may reply, edit, delete, undo and accept."""

from datetime import datetime, timedelta

import pytest

from domain.forum import (
    UNDO_DELETE_FOR,
    Post,
    PostKind,
    Thread,
    ThreadKind,
    page_of,
    problems_with_thread,
    refuse_to_accept,
    refuse_to_delete,
    refuse_to_edit,
    refuse_to_reply,
    refuse_to_restore,
    tidy_tags,
)
from domain.refusals import Problem, Reason, Refused
from domain.views import SafeHtml
from domain.visibility import PUBLIC, VISITOR, Guarded, Ring, Viewer, member_ring
from tests.cast import NOON

AUTHOR, MATE, STRANGER, NEWCOMER = 1, 2, 3, 4
SIG = 7

VIEWERS = {
    "visitor": VISITOR,
    "author": Viewer(AUTHOR, member_ring(AUTHOR, in_good_standing=True, sig_ids=[SIG])),
    "mate": Viewer(MATE, member_ring(MATE, in_good_standing=True, sig_ids=[SIG])),
    "stranger": Viewer(STRANGER, member_ring(STRANGER, in_good_standing=True)),
    "newcomer": Viewer(NEWCOMER, member_ring(NEWCOMER, in_good_standing=False)),
}


def _thread(*, closed: bool = False, kind: ThreadKind = ThreadKind.QUESTION, author: int | None = AUTHOR) -> Thread:
    return Thread(thread_id=1, sig_id=SIG, author_id=author, kind=kind, is_closed=closed, post_count=2)


def _post(*, author: int | None = AUTHOR, kind: PostKind = PostKind.REPLY, deleted: datetime | None = None) -> Post:
    return Post(2, author, kind, 1, deleted, Guarded(SafeHtml("<p>x</p>"), frozenset({PUBLIC})))


@pytest.mark.parametrize(
    ("who", "open_thread", "closed_thread"),
    [
        ("visitor", Reason.SIGN_IN, Reason.SIGN_IN),
        ("author", None, Reason.CLOSED),
        ("mate", None, Reason.CLOSED),
        ("stranger", Reason.NOT_A_MEMBER, Reason.NOT_A_MEMBER),
        ("newcomer", Reason.NOT_CONFIRMED, Reason.NOT_CONFIRMED),
    ],
)
def test_who_may_reply(who: str, open_thread: Reason | None, closed_thread: Reason | None) -> None:
    found = [refuse_to_reply(VIEWERS[who], _thread(closed=closed)) for closed in (False, True)]
    assert [refused and refused.reason for refused in found] == [open_thread, closed_thread]


@pytest.mark.parametrize(
    ("who", "standing", "deleted"),
    [
        ("visitor", Reason.NOT_YOURS, Reason.NOT_YOURS),
        ("author", None, Reason.MISSING),
        ("mate", Reason.NOT_YOURS, Reason.NOT_YOURS),
        ("newcomer", Reason.NOT_YOURS, Reason.NOT_YOURS),
    ],
)
def test_who_may_edit_and_delete(who: str, standing: Reason | None, deleted: Reason | None) -> None:
    for post, reason in ((_post(), standing), (_post(deleted=NOON), deleted)):
        for refused in (refuse_to_edit(VIEWERS[who], post, SIG), refuse_to_delete(VIEWERS[who], post)):
            assert (refused and refused.reason) == reason


@pytest.mark.parametrize(
    ("ring", "reason"),
    [
        (member_ring(AUTHOR, in_good_standing=True), Reason.NOT_A_MEMBER),
        (member_ring(AUTHOR, in_good_standing=False), Reason.NOT_CONFIRMED),
    ],
)
def test_who_may_no_longer_write_can_take_back_and_not_publish(ring: Ring, reason: Reason) -> None:
    viewer = Viewer(AUTHOR, ring)
    assert refuse_to_delete(viewer, _post()) is None
    assert refuse_to_edit(viewer, _post(), SIG) == Refused(reason)
    assert refuse_to_restore(viewer, _post(deleted=NOON), SIG, NOON) == Refused(reason)


@pytest.mark.parametrize(
    ("who", "deleted", "later", "reason"),
    [
        ("author", NOON, UNDO_DELETE_FOR, None),
        ("author", NOON, UNDO_DELETE_FOR + timedelta(seconds=1), Reason.TOO_LATE),
        ("author", None, timedelta(), Reason.STALE),
        ("mate", NOON, timedelta(), Reason.NOT_YOURS),
        ("visitor", NOON, timedelta(), Reason.NOT_YOURS),
    ],
)
def test_who_may_undo_a_deletion(who: str, deleted: datetime | None, later: timedelta, reason: Reason | None) -> None:
    refused = refuse_to_restore(VIEWERS[who], _post(deleted=deleted), SIG, NOON + later)
    assert (refused and refused.reason) == reason


@pytest.mark.parametrize(
    ("who", "thread", "post", "reason"),
    [
        ("author", _thread(), _post(author=MATE), None),
        ("author", _thread(kind=ThreadKind.DISCUSSION), _post(author=MATE), Reason.INVALID),
        ("author", _thread(), _post(kind=PostKind.OPENING), Reason.INVALID),
        ("author", _thread(), _post(deleted=NOON), Reason.INVALID),
        ("mate", _thread(), _post(author=MATE), Reason.NOT_YOURS),
        ("visitor", _thread(author=None), _post(author=None), Reason.NOT_YOURS),
        ("author", _thread(closed=True), _post(author=MATE), Reason.CLOSED),
        ("newcomer", _thread(author=NEWCOMER), _post(author=MATE), Reason.NOT_CONFIRMED),
        ("stranger", _thread(author=STRANGER), _post(author=MATE), Reason.NOT_A_MEMBER),
    ],
)
def test_who_may_accept(who: str, thread: Thread, post: Post, reason: Reason | None) -> None:
    refused = refuse_to_accept(VIEWERS[who], thread, post)
    assert (refused and refused.reason) == reason


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("Lean, lean  #LEAN", ("lean",)),
        ("c++ works-council", ("c++", "works-council")),
        ("a/b <script>", ("a-b", "script")),
        (" , ## ", ()),
        ("إدارة 経営", ("إدارة", "経営")),
    ],
)
def test_tags_are_tidied(typed: str, tags: tuple[str, ...]) -> None:
    assert tidy_tags(typed) == tags


@pytest.mark.parametrize(
    ("title", "body", "tags", "problems"),
    [
        ("A title", "Text", (), {}),
        ("", "", (), {"title": Problem.EMPTY, "body": Problem.EMPTY}),
        ("abc", "Text", (), {"title": Problem.TOO_SHORT}),
        ("x" * 151, "y" * 30_001, (), {"title": Problem.TOO_LONG, "body": Problem.TOO_LONG}),
        ("A title", "Text", tuple("abcdef"), {"tags": Problem.TOO_MANY}),
        ("A title", "Text", ("t" * 36,), {"tags": Problem.TOO_LONG}),
    ],
)
def test_what_is_wrong_with_a_thread(
    title: str, body: str, tags: tuple[str, ...], problems: dict[str, Problem]
) -> None:
    assert problems_with_thread(title, body, tags) == problems


def test_twenty_posts_are_a_page() -> None:
    assert [page_of(number) for number in (1, 20, 21, 40, 41)] == [1, 1, 2, 2, 3]
