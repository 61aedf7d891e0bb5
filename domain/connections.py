"""Connections by request: one asks with a note, the other accepts or declines.

Who is declined is not told: they go on waiting, may take it back, and what they ask again within `ASK_AGAIN_AFTER`
reaches nobody. Asking somebody who has asked is to accept. A connection counts in both directions; either may end it.
"""

from datetime import datetime, timedelta

from domain.members import MemberLine
from domain.members.values import is_legible
from domain.refusals import Problem, Reason
from domain.views import PageView, View

LONGEST_NOTE = 500
ASK_AGAIN_AFTER = timedelta(days=30)
CONNECTIONS_A_PAGE = 50
REQUESTS_SHOWN = 100
"""Of those received and of those sent; answering some brings up the rest."""


def tidy_note(note: str) -> str:
    """The note as it is kept: plain text with its line breaks."""
    return note.replace("\r\n", "\n").strip()


def problem_with_note(note: str) -> Problem | None:
    """What is wrong with the note of a request; it may be empty."""
    if len(note) > LONGEST_NOTE:
        return Problem.TOO_LONG
    return Problem.ILLEGIBLE if note and not is_legible(note) else None


def reaches_nobody(declined_at: datetime | None, now: datetime) -> bool:
    """Whether a request that is made again is dropped in silence, because the last one was declined of late."""
    return declined_at is not None and now < declined_at + ASK_AGAIN_AFTER


class RequestLine(View):
    """A request that waits; `person` is who asked, or who was asked."""

    request_id: int
    person: MemberLine
    note: str
    made_at: datetime


class ConnectionLine(View):
    """One of the viewer's connections. `reference` names the person in forms, also where their name is hidden."""

    person: MemberLine
    reference: str
    since: datetime


class ConnectionsPage(PageView, template="connections/connections.html"):
    """The viewer's requests and connections. `newer` and `older` are the cursors of the neighbouring pages."""

    received: tuple[RequestLine, ...]
    sent: tuple[RequestLine, ...]
    connections: tuple[ConnectionLine, ...]
    newer: str | None = None
    older: str | None = None
    is_first: bool = True


class AskPage(PageView, template="connections/ask.html"):
    """Asking a person to connect; with what was typed, and why it did not do, where it came back."""

    person: MemberLine
    note: str = ""
    problem: Problem | None = None
    refused: Reason | None = None
