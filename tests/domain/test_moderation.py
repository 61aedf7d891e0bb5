"""Who may do what about whom, undo it, appeal against it and decide: cell by cell, and every kind of act whole."""

from datetime import datetime, timedelta

import pytest

from domain.moderation import (
    ACT_RULES,
    APPEAL_WITHIN,
    LONGEST_WORDS,
    ActKind,
    Actor,
    HouseRule,
    Order,
    case_key,
    may_decide_appeal,
    problems_with_order,
    problems_with_report,
    refuse_to_act,
    refuse_to_appeal,
    refuse_to_undo,
    rule_of,
    rules_of,
)
from domain.refusals import Problem, Reason
from domain.roles import PERMISSIONS, Capacity, permits
from domain.sigs import Role
from domain.visibility import member_ring
from storage.moderation.effects import EFFECTS, REVERSALS
from web import words

NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
ME, OTHER, THIRD = 1, 2, 3
ROLES = (Role.OWNER, Role.MODERATOR, Role.MEMBER, None)
_RANK = {Role.OWNER: 3, Role.MODERATOR: 2, Role.MEMBER: 1, None: 0}
_STAFF_ALONE = {ActKind.HIDE_SCRAP, ActKind.SUSPEND}
_OF_STAFF = {ActKind.HIDE, ActKind.WARN, ActKind.REJECT, *_STAFF_ALONE}
_DOWNWARDS = {ActKind.WARN, ActKind.BAN}


def _expected(kind: ActKind, role: Role | None, other: Role | None, *, is_staff: bool) -> bool:
    """Read from the words of the issue, and from no line of the code."""
    if is_staff and kind in _OF_STAFF:
        return True
    if kind in _STAFF_ALONE or role not in {Role.OWNER, Role.MODERATOR}:
        return False
    return kind not in _DOWNWARDS or _RANK[role] > _RANK[other]


@pytest.mark.parametrize("kind", ActKind)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("other", ROLES)
@pytest.mark.parametrize("is_staff", [False, True])
def test_each_act_by_each_role_on_each_role(
    kind: ActKind, role: Role | None, other: Role | None, is_staff: bool
) -> None:
    refused = refuse_to_act(Actor(ME, role, is_staff), kind, OTHER, other)
    assert (refused is None) == _expected(kind, role, other, is_staff=is_staff)
    if refused is not None and role is None:
        assert refused.reason is Reason.MISSING, "who does not belong finds nothing there"


@pytest.mark.parametrize("kind", ActKind)
def test_nobody_judges_themselves(kind: ActKind) -> None:
    refused = refuse_to_act(Actor(ME, Role.OWNER, is_staff=True), kind, ME, Role.OWNER)
    undoing = refuse_to_undo(Actor(ME, Role.OWNER, is_staff=True), kind, ME, Role.OWNER, None)
    is_about_order = ACT_RULES[kind].is_for_openings
    assert (refused is None) == (undoing is None) == is_about_order


@pytest.mark.parametrize("kind", ActKind)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("other", ROLES)
@pytest.mark.parametrize("is_staff", [False, True])
def test_who_may_do_it_may_undo_it_once(kind: ActKind, role: Role | None, other: Role | None, is_staff: bool) -> None:
    actor = Actor(ME, role, is_staff)
    assert (refuse_to_undo(actor, kind, OTHER, other, None) is None) == _expected(kind, role, other, is_staff=is_staff)
    assert refuse_to_undo(actor, kind, OTHER, other, NOW) is not None


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("is_staff", [False, True])
@pytest.mark.parametrize("others_can", [False, True])
@pytest.mark.parametrize("who", [ME, OTHER, THIRD])
def test_appeals_are_decided_by_somebody_else(role: Role | None, is_staff: bool, others_can: bool, who: int) -> None:
    """ME acted, OTHER is concerned, THIRD is neither."""
    decides = may_decide_appeal(Actor(who, role, is_staff), ME, OTHER, others_can=others_can)
    moderates = role in {Role.OWNER, Role.MODERATOR}
    assert decides == (who == THIRD and (moderates or (is_staff and not others_can)))


@pytest.mark.parametrize(
    ("who", "age", "undone_at", "reason"),
    [
        (OTHER, timedelta(), None, None),
        (OTHER, APPEAL_WITHIN, None, None),
        (OTHER, APPEAL_WITHIN + timedelta(seconds=1), None, Reason.TOO_LATE),
        (OTHER, timedelta(), NOW, Reason.STALE),
        (THIRD, timedelta(), None, Reason.MISSING),
        (ME, timedelta(), None, Reason.MISSING),
    ],
)
def test_who_may_appeal(who: int, age: timedelta, undone_at: datetime | None, reason: Reason | None) -> None:
    refused = refuse_to_appeal(who, OTHER, NOW - age, undone_at, NOW)
    assert (refused.reason if refused else None) is reason


@pytest.mark.parametrize("kind", ActKind)
def test_every_kind_of_act_is_whole(kind: ActKind) -> None:
    """Words to do it, to undo it, for the log and for the statement; an effect and a way back; a row of the matrix."""
    order = words.moderation
    said = {order.act(kind), order.undo(kind), order.act_told(kind), order._ACTS[kind][2]()}
    assert len(said) == 4
    assert all(said)
    assert kind in EFFECTS
    assert kind in REVERSALS
    permission = ACT_RULES[kind].permission
    if permission is None:
        assert not any(refuse_to_act(Actor(ME, role), kind, OTHER, None) is None for role in ROLES)
    else:
        assert Capacity.OWNER in PERMISSIONS[permission]
        assert not permits(permission, Role.MEMBER)


def test_a_case_key_is_on_no_ring() -> None:
    ring = member_ring(ME, in_good_standing=True, sig_ids=[1], moderated_ids=[1], is_staff=True)
    assert case_key(1) not in ring


def test_rules_of_a_sig_stand_before_those_of_the_house() -> None:
    offered = rules_of("Stay with the  subject.\n\nName the source.\nName the source.\n")
    assert [line.text for line in offered[:2]] == ["Stay with the subject.", "Name the source."]
    assert [line.house for line in offered[2:]] == list(HouseRule)
    assert all(rule_of(line.value) == line for line in offered)
    assert all(words.moderation.rule(line) for line in offered)


_GOOD = Order(ActKind.HIDE, "house:respect", "Insults the writer above.")


@pytest.mark.parametrize(
    ("order", "problems"),
    [
        (_GOOD, {}),
        (Order(None, _GOOD.rule, _GOOD.reason), {"kind": Problem.EMPTY}),
        (Order(ActKind.HIDE, "", _GOOD.reason), {"rule": Problem.EMPTY}),
        (Order(ActKind.HIDE, "sig:Not a rule here", _GOOD.reason), {"rule": Problem.NOT_OFFERED}),
        (Order(ActKind.HIDE, _GOOD.rule, "  "), {"reason": Problem.EMPTY}),
        (Order(ActKind.HIDE, _GOOD.rule, "x" * (LONGEST_WORDS + 1)), {"reason": Problem.TOO_LONG}),
        (Order(ActKind.BAN, _GOOD.rule, "x", days=8), {"days": Problem.NOT_OFFERED}),
        (Order(ActKind.BAN, _GOOD.rule, "x", days=30), {}),
        (Order(ActKind.MOVE, _GOOD.rule, "x"), {"to_sig": Problem.EMPTY}),
    ],
)
def test_what_is_wrong_with_an_act(order: Order, problems: dict[str, Problem]) -> None:
    assert problems_with_order(order, rules_of("")) == problems


@pytest.mark.parametrize(
    ("reason", "typed", "problems"),
    [
        ("spam", "", {}),
        ("other", "It is odd.", {}),
        ("other", " ", {"words": Problem.EMPTY}),
        ("", "x", {"reason": Problem.EMPTY}),
        ("no-such-reason", "x", {"reason": Problem.NOT_OFFERED}),
        ("spam", "x" * (LONGEST_WORDS + 1), {"words": Problem.TOO_LONG}),
    ],
)
def test_what_is_wrong_with_a_report(reason: str, typed: str, problems: dict[str, Problem]) -> None:
    assert problems_with_report(reason, typed) == problems
