"""Joining a SIG: at once, by request or by invitation. Nobody joins while they are banned."""

from datetime import datetime, timedelta

from domain.members import MemberLine, Widening
from domain.refusals import Problem, Problems, Reason, Refused
from domain.sigs import Joining, refuse_to_join
from domain.views import PageView, View
from domain.visibility import Viewer

LONGEST_WISH = 1000
LONGEST_INVITATION = 500
INVITATION_STANDS_FOR = timedelta(days=30)


def refuse_to_enter(viewer: Viewer, joining: Joining, *, is_banned: bool) -> Refused | None:
    """Whether somebody may not walk in: open SIGs take every member in good standing who is not banned from them."""
    return _refuse_unless_joining(viewer, joining, Joining.OPEN, is_banned=is_banned)


def refuse_to_ask(viewer: Viewer, joining: Joining, *, is_banned: bool) -> Refused | None:
    """Whether somebody may not ask to be let in."""
    return _refuse_unless_joining(viewer, joining, Joining.REQUEST, is_banned=is_banned)


def refuse_invited(viewer: Viewer, *, is_banned: bool) -> Refused | None:
    """Whether somebody with an invitation may not use it; it opens every SIG, however one else joins there."""
    return refuse_to_join(viewer) or (Refused(Reason.BANNED) if is_banned else None)


def _refuse_unless_joining(viewer: Viewer, joining: Joining, needed: Joining, *, is_banned: bool) -> Refused | None:
    if refused := refuse_invited(viewer, is_banned=is_banned):
        return refused
    return None if joining is needed else Refused(Reason.INVALID)


def problems_with_wish(words: str, question: str) -> Problems:
    """What is wrong with the words to a request: where a SIG asks something, it wants an answer."""
    if question and not words:
        return {"words": Problem.EMPTY}
    return {"words": Problem.TOO_LONG} if len(words) > LONGEST_WISH else {}


def problems_with_invitation(note: str) -> Problems:
    """What is wrong with the note of an invitation."""
    return {"note": Problem.TOO_LONG} if len(note) > LONGEST_INVITATION else {}


class AskPage(PageView, template="sigs/ask.html"):
    """The request to join a SIG, with what was typed; `has_asked` says that one waits already."""

    slug: str
    name: str
    question: str
    has_asked: bool = False
    typed: str = ""
    problem: Problem | None = None
    widening: tuple[Widening, ...] = ()


class JoinPage(PageView, template="sigs/join.html"):
    """The question before somebody comes into a SIG: what of their page its people will see from then on. `action` is
    where the yes goes."""

    name: str
    action: str
    widening: tuple[Widening, ...]


class SentInvitation(View):
    """An invitation that stands, as the moderators of its SIG see it."""

    invitation_id: int
    person: MemberLine
    expires_at: datetime


class InvitePage(PageView, template="sigs/invite.html"):
    """The invitations of a SIG, and the form for another one with what was typed."""

    slug: str
    name: str
    sent: tuple[SentInvitation, ...]
    address: str = ""
    note: str = ""
    address_problem: Problem | None = None
    note_problem: Problem | None = None
    refused: Reason | None = None


class InvitationLine(View):
    """An invitation as whom it asks gets it: of a hidden SIG it shows name and description, and nothing else."""

    invitation_id: int
    sig_name: str
    description: str
    note: str
    inviter: MemberLine
    made_at: datetime
    expires_at: datetime


class OfferLine(View):
    """The offer of a SIG to the one who reads it."""

    slug: str
    sig_name: str
    owner: MemberLine
    made_at: datetime


class InvitationsPage(PageView, template="sigs/invitations.html"):
    """Where one is asked to join, and what one is asked to take over."""

    invitations: tuple[InvitationLine, ...]
    offers: tuple[OfferLine, ...]
