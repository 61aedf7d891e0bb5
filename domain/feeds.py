"""Feeds: what is new in a SIG, in a thread, or by a person, as far as the ring of their reader opens it.

A private feed address is a key of its own: it opens the feeds with its member's ring, and nothing else.
"""

from datetime import datetime

from domain.members import MemberLine
from domain.refusals import Problem, Reason
from domain.views import PageView, SafeHtml, View

ENTRIES_A_FEED = 30
LONGEST_LABEL = 60
MOST_TOKENS = 20
"""Private feed addresses that a member may have at a time."""


class FeedEntry(View):
    """One entry. `reference` never changes; `updated_at` is when what the reader sees last changed."""

    reference: str
    title: str
    path: str
    author: MemberLine
    html: SafeHtml
    published_at: datetime
    updated_at: datetime
    is_reply: bool = False


class FeedPage(PageView, template="feeds/atom.xml"):
    """A feed. `title` is the SIG's or thread's, None where it is a person's; `self_path` is None where it is secret."""

    reference: str
    title: str | None
    person: MemberLine | None
    path: str
    self_path: str | None
    updated_at: datetime
    entries: tuple[FeedEntry, ...]


class FeedAddress(View):
    """A private feed with its address."""

    name: str
    url: str


class FeedTokenLine(View):
    """A private feed address in the list of its member; the address itself is shown once, when it is made."""

    feed_token_id: int
    label: str
    made_at: datetime


class FeedsPage(PageView, template="accounts/feeds.html"):
    """Making and revoking private feed addresses. `fresh` are the feeds of one that was just made, `thread_url` what
    the address of a thread's feed begins with."""

    tokens: tuple[FeedTokenLine, ...]
    fresh: tuple[FeedAddress, ...] = ()
    thread_url: str | None = None
    label: str = ""
    problem: Problem | None = None
    refused: Reason | None = None


def problem_with_label(label: str) -> Problem | None:
    """What is wrong with the name that a member gives a private feed address."""
    if not label:
        return Problem.EMPTY
    return Problem.TOO_LONG if len(label) > LONGEST_LABEL else None
