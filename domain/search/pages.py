"""What search shows: a page of results under a tab for each kind, and people to choose from while typing."""

from datetime import datetime
from enum import StrEnum

from domain.members import EntryKind, KeyChip, MemberLine
from domain.search.excerpts import Piece
from domain.views import PageView, View

RESULTS_A_PAGE = 20

MOST_COUNTED = 1000
"""Results beyond which nobody counts on; a count of so many says "or more"."""

COMPLETIONS_SHOWN = 8


class SearchKind(StrEnum):
    """What can be found, in the order of the tabs."""

    THREADS = "threads"
    REPLIES = "replies"
    PEOPLE = "people"
    SIGS = "sigs"


class SearchTab(View):
    """A tab with the number of results that this viewer can reach; `has_more`: there are more than were counted."""

    kind: SearchKind
    count: int
    has_more: bool
    is_open: bool


class FoundLine(View):
    """One result. Of talk, `author` is who wrote it; of people, who they are, and `entry` which line of theirs is
    quoted."""

    kind: SearchKind
    address: str
    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...] = ()
    author: MemberLine | None = None
    entry: EntryKind | None = None
    sig_slug: str | None = None
    sig_name: str | None = None
    key: KeyChip | None = None
    at: datetime | None = None


class SearchPage(PageView, template="search/search.html"):
    """Results of one kind. `older` is the cursor of the next page, `is_typing` whether the last word is unfinished."""

    text: str
    is_empty: bool
    is_typing: bool
    kind: SearchKind
    tabs: tuple[SearchTab, ...]
    found: tuple[FoundLine, ...]
    is_first: bool
    older: str | None


class CompletionKind(StrEnum):
    """What people are chosen for: a form, or a mention, in which one names neither oneself nor whom one blocked."""

    PEOPLE = "people"
    MENTIONS = "mentions"


class CompletionPage(PageView, template="search/completions.html"):
    """The people whose name begins like what is typed, as far as the viewer finds them by search."""

    kind: CompletionKind
    text: str
    people: tuple[MemberLine, ...]


class SearchChoicePage(PageView, template="settings/search.html"):
    """Whether search and completion find the viewer."""

    is_found: bool
    saved: bool = False
