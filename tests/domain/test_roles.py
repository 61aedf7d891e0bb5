"""The table of permissions, cell by cell as the docs print it, and the rules that read it."""

from pathlib import Path

import pytest

from domain.refusals import Reason, Refused
from domain.roles import (
    PERMISSIONS,
    Capacity,
    Permission,
    may_act_on,
    may_offer_to,
    permits,
    refuse_unless,
    role_to_give,
    roles_page,
)
from domain.sigs import Role

DOCS = Path(__file__).parents[2] / "docs" / "roles.md"

_TABLE = """
                  owner  moderator  member  staff  nobody
post              yes    yes        yes     no     no
leave             yes    yes        yes     no     no
read-log          yes    yes        yes     no     no
invite            yes    yes        no      no     no
see-queue         yes    yes        no      no     no
decide-join       yes    yes        no      no     no
decide-post       yes    yes        no      yes    no
see-case          yes    yes        no      yes    no
hide              yes    yes        no      yes    no
close             yes    yes        no      no     no
pin               yes    yes        no      no     no
move              yes    yes        no      no     no
warn              yes    yes        no      yes    no
ban               yes    yes        no      no     no
decide-appeal     yes    yes        no      yes    no
change-settings   yes    no         no      no     no
appoint           yes    no         no      no     no
offer             yes    no         no      no     no
see-keepers       yes    no         no      no     no
"""


def _cells() -> list[tuple[Permission, Capacity, bool]]:
    head, *rows = [line.split() for line in _TABLE.strip().splitlines()]
    return [
        (Permission(row[0]), Capacity(column), cell == "yes")
        for row in rows
        for column, cell in zip(head, row[1:], strict=True)
    ]


def test_the_table_is_whole() -> None:
    assert {(permission, capacity) for permission, capacity, _ in _cells()} == {
        (permission, capacity) for permission in Permission for capacity in Capacity
    }
    assert PERMISSIONS.keys() == set(Permission)


@pytest.mark.parametrize(("permission", "capacity", "granted"), _cells())
def test_every_cell(permission: Permission, capacity: Capacity, granted: bool) -> None:
    role = None if capacity in {Capacity.STAFF, Capacity.NOBODY} else Role(capacity.value)
    is_staff = capacity is Capacity.STAFF
    assert permits(permission, role, is_staff=is_staff) is granted
    refused = refuse_unless(permission, role, is_staff=is_staff)
    if granted:
        assert refused is None
    else:
        assert refused == Refused(Reason.MISSING if role is None else Reason.NOT_PERMITTED)


@pytest.mark.parametrize("role", Role)
def test_staff_who_belong_have_both(role: Role) -> None:
    for permission in Permission:
        both = permits(permission, role) or permits(permission, None, is_staff=True)
        assert permits(permission, role, is_staff=True) is both


@pytest.mark.parametrize(
    ("role", "others"),
    [
        (Role.OWNER, {Role.MODERATOR, Role.MEMBER, None}),
        (Role.MODERATOR, {Role.MEMBER, None}),
        (Role.MEMBER, set()),
        (None, set()),
    ],
)
def test_one_acts_on_those_below_only(role: Role | None, others: set[Role | None]) -> None:
    assert {other for other in (*Role, None) if may_act_on(role, other)} == others


def test_only_owners_give_roles_and_ownership_goes_by_offer() -> None:
    assert {other: role_to_give(Role.OWNER, other) for other in Role} == {
        Role.OWNER: None,
        Role.MODERATOR: Role.MEMBER,
        Role.MEMBER: Role.MODERATOR,
    }
    assert {other: may_offer_to(Role.OWNER, other) for other in Role} == {
        Role.OWNER: False,
        Role.MODERATOR: True,
        Role.MEMBER: True,
    }
    for role in (Role.MODERATOR, Role.MEMBER, None):
        assert all(role_to_give(role, other) is None and not may_offer_to(role, other) for other in Role)


def printed() -> str:
    """The table as the docs have it."""
    page = roles_page()
    lines = [
        f"| {row.permission.value} | {' | '.join('yes' if granted else 'no' for granted in row.granted)} |"
        for row in page.rows
    ]
    head = f"| permission | {' | '.join(one.value for one in page.capacities)} |"
    return "\n".join([head, "| --- |" + " --- |" * len(page.capacities), *lines])


def test_the_docs_print_the_table() -> None:
    assert printed() in DOCS.read_text()
