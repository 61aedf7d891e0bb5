"""Who may do what in a SIG: one table of permissions, which the docs print, a page shows and tests walk cell by cell.

Whatever a role opens is decided here and nowhere else. Roles count for people in good standing only; `storage.roles`
finds them. What a role does not open is missing for whoever does not belong to the SIG.
"""

from collections.abc import Mapping
from enum import StrEnum

from domain.members import MemberLine
from domain.refusals import Reason, Refused
from domain.sigs import MODERATING, Role
from domain.views import PageView, View


class Permission(StrEnum):
    """What can be done in a SIG, or seen of how it is kept."""

    POST = "post"
    LEAVE = "leave"
    READ_LOG = "read-log"
    INVITE = "invite"
    SEE_QUEUE = "see-queue"
    DECIDE_JOIN = "decide-join"
    DECIDE_POST = "decide-post"
    SEE_CASE = "see-case"
    HIDE = "hide"
    CLOSE = "close"
    PIN = "pin"
    MOVE = "move"
    WARN = "warn"
    BAN = "ban"
    DECIDE_APPEAL = "decide-appeal"
    CHANGE_SETTINGS = "change-settings"
    APPOINT = "appoint"
    OFFER = "offer"
    SEE_KEEPERS = "see-keepers"


class Capacity(StrEnum):
    """The columns of the table: the roles of a SIG, the staff of the house, and anybody else."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"
    STAFF = "staff"
    NOBODY = "nobody"


_OWNERS = frozenset({Capacity.OWNER})
_MODERATING = _OWNERS | {Capacity.MODERATOR}
_ALL_OF_IT = _MODERATING | {Capacity.MEMBER}

PERMISSIONS: Mapping[Permission, frozenset[Capacity]] = {
    Permission.POST: _ALL_OF_IT,
    Permission.LEAVE: _ALL_OF_IT,
    Permission.READ_LOG: _ALL_OF_IT,
    Permission.INVITE: _MODERATING,
    Permission.SEE_QUEUE: _MODERATING,
    Permission.DECIDE_JOIN: _MODERATING,
    Permission.DECIDE_POST: _MODERATING | {Capacity.STAFF},
    Permission.SEE_CASE: _MODERATING | {Capacity.STAFF},
    Permission.HIDE: _MODERATING | {Capacity.STAFF},
    Permission.CLOSE: _MODERATING,
    Permission.PIN: _MODERATING,
    Permission.MOVE: _MODERATING,
    Permission.WARN: _MODERATING | {Capacity.STAFF},
    Permission.BAN: _MODERATING,
    Permission.DECIDE_APPEAL: _MODERATING | {Capacity.STAFF},
    Permission.CHANGE_SETTINGS: _OWNERS,
    Permission.APPOINT: _OWNERS,
    Permission.OFFER: _OWNERS,
    Permission.SEE_KEEPERS: _OWNERS,
}
"""The table. Staff see and decide the cases that carry their key, and nothing else of a SIG that they are not in."""

_RANKS = (None, Role.MEMBER, Role.MODERATOR, Role.OWNER)


def permits(permission: Permission, role: Role | None, *, is_staff: bool = False) -> bool:
    """Whether somebody with this role, who may be of the staff as well, has this permission."""
    capacities = {Capacity(role.value) if role else Capacity.NOBODY}
    if is_staff:
        capacities.add(Capacity.STAFF)
    return not capacities.isdisjoint(PERMISSIONS[permission])


def refuse_unless(permission: Permission, role: Role | None, *, is_staff: bool = False) -> Refused | None:
    """Refused without the permission: as missing for who does not belong, so that no page tells what is kept there."""
    if permits(permission, role, is_staff=is_staff):
        return None
    return Refused(Reason.MISSING if role is None else Reason.NOT_PERMITTED)


def may_act_on(role: Role | None, other: Role | None) -> bool:
    """Whether the holder of a role may warn or ban the holder of another: downwards only, owners never each other."""
    return role in MODERATING and _RANKS.index(role) > _RANKS.index(other)


def role_to_give(role: Role | None, other: Role) -> Role | None:
    """The role that the holder of a role may give to the holder of another; None where it is none. Owners appoint and
    dismiss moderators; ownership goes by offer alone."""
    if not permits(Permission.APPOINT, role):
        return None
    return {Role.MEMBER: Role.MODERATOR, Role.MODERATOR: Role.MEMBER}.get(other)


def may_offer_to(role: Role | None, other: Role) -> bool:
    """Whether the holder of a role may offer the SIG to the holder of another."""
    return permits(Permission.OFFER, role) and other is not Role.OWNER


PEOPLE_A_PAGE = 50


class PersonInSig(View):
    """One of a SIG's people, with their role there. `gives` is the role that the viewer may give them, `may_offer` that
    the SIG can be offered to them, `is_offered` that it is. `address` names them in forms; of who keeps the SIG and
    hides from its people it is a reference, which holds for this viewer alone."""

    line: MemberLine
    address: str
    role: Role
    gives: Role | None
    may_offer: bool
    is_offered: bool


class SigPeoplePage(PageView, template="sigs/people.html"):
    """The people of a SIG whom the viewer may know to belong: on the first page those who keep it, then the others.

    `member_count` is for these people themselves, and counts whose membership they all may see. `further` is the
    address after which the next page goes on. `has_offer` tells an owner that an offer waits for its answer.
    """

    slug: str
    name: str
    member_count: int | None
    serving: tuple[PersonInSig, ...]
    people: tuple[PersonInSig, ...]
    further: str | None
    is_first: bool
    has_offer: bool
    may_step_down: bool


class PermissionRow(View):
    """One permission, with who has it, in the order of `Capacity`."""

    permission: Permission
    granted: tuple[bool, ...]


class RolesPage(PageView, template="about/roles.html"):
    """The table of permissions, as everyone may read it."""

    capacities: tuple[Capacity, ...]
    rows: tuple[PermissionRow, ...]


def roles_page() -> RolesPage:
    """`PERMISSIONS` as a page."""
    return RolesPage(
        capacities=tuple(Capacity),
        rows=tuple(
            PermissionRow(permission=permission, granted=tuple(one in granted for one in Capacity))
            for permission, granted in PERMISSIONS.items()
        ),
    )
