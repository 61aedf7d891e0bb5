"""Words for SIGs: circles, ways of joining, roles and what they permit."""

from domain.roles import Capacity, Permission
from domain.sigs import Circle, Joining, Role
from web.words.language import _


def circle_of(name: str) -> str:
    """One of the four settings, as the form names it."""
    return {
        "existence": _("Who may know that this SIG exists"),
        "describing": _("Who reads what it is for"),
        "listing": _("Who sees the list of its people"),
        "reading": _("Who reads what is said in it"),
    }[name]


def circle(which: Circle) -> str:
    """How far something about a SIG goes."""
    return {
        Circle.EVERYONE: _("Everyone"),
        Circle.MEMBERS: _("Members of Stoa"),
        Circle.SIG: _("Only people in this SIG"),
    }[Circle(which)]


def circles() -> tuple[tuple[str, str], ...]:
    """The circles on offer, as pairs of value and words."""
    return tuple((one.value, circle(one)) for one in Circle)


def joinings() -> tuple[tuple[str, str], ...]:
    """The ways of joining on offer, as pairs of value and words."""
    return (
        (Joining.OPEN.value, _("At once: every member can walk in")),
        (Joining.REQUEST.value, _("By request: moderators decide")),
        (Joining.INVITATION.value, _("By invitation only")),
    )


def way_in(joining: Joining) -> str:
    """What somebody outside does to read along."""
    return {
        Joining.OPEN: _("What is said here opens to the people in this SIG. Join it, and you read along."),
        Joining.REQUEST: _("What is said here opens to the people in this SIG. Ask to join; its moderators decide."),
        Joining.INVITATION: _("What is said here opens to the people in this SIG. They join by invitation."),
    }[joining]


def role(which: Role) -> str:
    """A role in a SIG."""
    return {Role.OWNER: _("Owner"), Role.MODERATOR: _("Moderator"), Role.MEMBER: _("Member")}[which]


def capacity(which: Capacity) -> str:
    """A column of the table of permissions."""
    return {
        Capacity.OWNER: _("Owner"),
        Capacity.MODERATOR: _("Moderator"),
        Capacity.MEMBER: _("Member"),
        Capacity.STAFF: _("Staff of Stoa"),
        Capacity.NOBODY: _("Anybody else"),
    }[which]


def permission(which: Permission) -> str:
    """A row of the table of permissions."""
    return _PERMISSIONS[which]()


_PERMISSIONS = {
    Permission.POST: lambda: _("Start threads and reply"),
    Permission.LEAVE: lambda: _("Leave the SIG"),
    Permission.READ_LOG: lambda: _("Read the log of what moderators did"),
    Permission.INVITE: lambda: _("Invite people"),
    Permission.SEE_QUEUE: lambda: _("See what waits for a decision"),
    Permission.DECIDE_JOIN: lambda: _("Decide who may join"),
    Permission.DECIDE_POST: lambda: _("Decide about first posts"),
    Permission.SEE_CASE: lambda: _("Open a report, which is logged"),
    Permission.HIDE: lambda: _("Hide a post and show it again"),
    Permission.CLOSE: lambda: _("Close a thread and open it again"),
    Permission.PIN: lambda: _("Pin a thread"),
    Permission.MOVE: lambda: _("Move a thread to another SIG"),
    Permission.WARN: lambda: _("Warn somebody"),
    Permission.BAN: lambda: _("Ban somebody from the SIG"),
    Permission.DECIDE_APPEAL: lambda: _("Decide an appeal against somebody else’s act"),
    Permission.CHANGE_SETTINGS: lambda: _("Change the settings of the SIG"),
    Permission.APPOINT: lambda: _("Appoint and dismiss moderators"),
    Permission.OFFER: lambda: _("Offer the SIG to somebody else"),
    Permission.SEE_KEEPERS: lambda: _("See who moderates, also those who hide that they are in it"),
}
