"""The private start page: what a member keeps for themselves, how much of it, and in which order the page shows it.

Nothing here has an audience: it is its owner's alone, sealed with a key of their own, and no key opens it to anybody
else. Links lead to the web and nowhere else, so that a kept address can never run a script.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from domain.members import KeyChip
from domain.refusals import Problem, Problems, Reason
from domain.sigs import Newcomer, ThreadLine
from domain.views import PageView, SafeHtml, View
from domain.visibility import Scope

ONLY_MINE: Final = KeyChip(scope=Scope.ONLY_ME, own=True)
"""Who sees what lies here."""

MOST_FILE_BYTES: Final = 16 * 1024 * 1024
"""Bytes of one file."""
QUOTA_OF_FILES: Final = 100 * 1024 * 1024
"""Bytes of all files of a member."""
QUOTA_OF_WORDS: Final = 16 * 1024 * 1024
"""Bytes of everything else, sealed; also what a search has to go through."""
MOST_KEEPSAKES: Final = 10_000
MOST_FOLDERS: Final = 1_000
MOST_BOOKMARKS: Final = 5_000
"""Links in one bookmark file."""
MOST_BOOKMARK_BYTES: Final = 8 * 1024 * 1024
"""Bytes of one bookmark file: browsers put the little pictures of all pages into it."""
DEEPEST_FOLDER: Final = 12
"""Folders within folders."""

LONGEST_TITLE: Final = 200
LONGEST_ADDRESS: Final = 2_000
LONGEST_REMARK: Final = 2_000
"""Characters beside a link."""
LONGEST_NOTE: Final = 30_000
"""Characters of Markdown in one note."""
MOST_TAGS: Final = 10
LONGEST_TAG: Final = 35
KEEPSAKES_A_PAGE: Final = 100
MOST_FOUND: Final = 100
"""Things that a search shows."""

UNREAD_WITHIN: Final = timedelta(days=60)
"""How long ago something was said that still counts as unread."""
NEW_FOR: Final = timedelta(days=14)
"""How long somebody is new in a SIG."""


KEEP_DELETED_FOR: Final = timedelta(days=30)
"""How long what was deleted can be taken back."""
DELETED_SHOWN: Final = 200
"""Deleted things on their page, the newest; to take some back, or to erase them, brings up the rest."""


class KeepsakeKind(StrEnum):
    """What can be kept."""

    LINK = "link"
    NOTE = "note"
    FILE = "file"
    FOLDER = "folder"


class Widget(StrEnum):
    """The parts of the page, in the order that they have until a member chooses another."""

    UNREAD = "unread"
    LINKS = "links"
    NOTES = "notes"
    FILES = "files"
    SIGS = "sigs"
    NEWCOMERS = "newcomers"
    INTERESTS = "interests"


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that can be read of a keepsake, as it is sealed. `size` is that of a file, in bytes; `has_preview`
    says that a small picture of it is kept beside it."""

    title: str = ""
    address: str = ""
    text: str = ""
    tags: tuple[str, ...] = ()
    size: int = 0
    has_preview: bool = False


def order_of(stored: str) -> tuple[Widget, ...]:
    """Every widget once: those that the stored order names, then what is new since it was chosen."""
    chosen = [Widget(name) for name in stored.split() if name in set(Widget)]
    return tuple(dict.fromkeys([*chosen, *Widget]))


def moved(order: tuple[Widget, ...], widget: Widget, step: int) -> tuple[Widget, ...]:
    """The order with one widget moved up (-1) or down (+1); at the end of the way it stays where it is."""
    place = order.index(widget)
    goal = min(max(place + step, 0), len(order) - 1)
    rest = [other for other in order if other is not widget]
    return (*rest[:goal], widget, *rest[goal:])


def tidy_address(text: str) -> str:
    """An address as it was pasted, without outer spaces; what has no scheme at all is meant for the web."""
    address = text.strip()
    return f"https://{address}" if address and ":" not in address.partition("/")[0] else address


def is_web_address(address: str) -> bool:
    """Whether this leads to the web: http or https, a host, and no letter that hides another."""
    if len(address) > LONGEST_ADDRESS or any(letter.isspace() or not letter.isprintable() for letter in address):
        return False
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and "\\" not in parts.netloc
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and has_host


def split_tags(text: str) -> tuple[str, ...]:
    """Tags as typed, apart by commas, each once."""
    words = (" ".join(part.split()) for part in text.replace("#", " ").split(","))
    return tuple(dict.fromkeys(word for word in words if word))


def tidy_file_name(name: str) -> str:
    """The name of a file as it is shown and given back: no path, no letter that cannot be seen, never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = " ".join("".join(letter if letter.isprintable() else " " for letter in last).split()).strip(". ")
    stem, dot, ending = seen.rpartition(".")
    if dot and len(ending) <= 16:
        return f"{stem[: LONGEST_TITLE - 17]}.{ending}"
    return seen[:LONGEST_TITLE] or "file"


def problems_with_words(kind: KeepsakeKind, words: Words) -> Problems:
    """What is wrong with a keepsake, by the field of its form."""
    problems: Problems = {}
    if not words.title and kind in {KeepsakeKind.FOLDER, KeepsakeKind.FILE}:
        problems["title"] = Problem.EMPTY
    elif len(words.title) > LONGEST_TITLE:
        problems["title"] = Problem.TOO_LONG
    if kind is KeepsakeKind.LINK and not is_web_address(words.address):
        problems["address"] = Problem.MALFORMED if words.address else Problem.EMPTY
    if kind is KeepsakeKind.NOTE and not words.text.strip():
        problems["body"] = Problem.EMPTY
    if len(words.text) > (LONGEST_NOTE if kind is KeepsakeKind.NOTE else LONGEST_REMARK):
        problems["body"] = Problem.TOO_LONG
    if len(words.tags) > MOST_TAGS:
        problems["tags"] = Problem.TOO_MANY
    elif any(len(tag) > LONGEST_TAG for tag in words.tags):
        problems["tags"] = Problem.TOO_LONG
    return problems


@dataclass(frozen=True, slots=True)
class Room:
    """What a member's keepsakes take up: bytes of files and of words, and how many there are."""

    files: int = 0
    words: int = 0
    count: int = 0

    def has_place_for(self, *, files: int = 0, words: int = 0, count: int = 1) -> bool:
        """Whether so much more fits in."""
        fits = self.files + files <= QUOTA_OF_FILES and self.words + words <= QUOTA_OF_WORDS
        return fits and self.count + count <= MOST_KEEPSAKES


_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


class BeyondTheEnd(ValueError):
    """A range of bytes that a file does not have."""


def span_of(wanted: str, size: int) -> tuple[int, int] | None:
    """The first and last byte that a Range header asks for; None where all are to be sent: it asks for no range, for
    several, or for something else (RFC 9110, 14.2). Raises BeyondTheEnd."""
    found = _RANGE.fullmatch(wanted.replace(" ", ""))
    if found is None or not any(found.groups()):
        return None
    start, end = found.groups()
    if not start:
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(start), min(int(end), size - 1) if end else size - 1
    if end and start and int(end) < int(start):
        return None
    if first >= size or last < first:
        raise BeyondTheEnd
    return first, last


def depth_of(folder_id: int | None, parents: Mapping[int, int | None]) -> int:
    """How many folders deep something in this folder lies; 0 outside of all. Whatever stands in the table, it ends."""
    depth = 0
    while folder_id is not None and depth <= len(parents):
        depth, folder_id = depth + 1, parents.get(folder_id)
    return depth


def folded(text: str) -> str:
    """The text for comparing: letter case, accents and forms of the same letter do not count."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def matches(words: Words, wanted: tuple[str, ...]) -> bool:
    """Whether every one of the wanted words, folded, stands somewhere in a keepsake."""
    haystack = folded("\n".join((words.title, words.address, words.text, *words.tags)))
    return all(word in haystack for word in wanted)


def interests_of(entries: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """The interests and skills that a member wrote, one a line, each as the words it consists of."""
    lines = (line for entry in entries for line in entry.splitlines())
    return frozenset(found for line in lines if (found := words_of(line)))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, folded; what stands between letters and digits parts them."""
    return tuple("".join(letter if letter.isalnum() else " " for letter in folded(text)).split())


def is_of_interest(title: str, tags: tuple[str, ...], interests: frozenset[tuple[str, ...]]) -> bool:
    """Whether an interest is a tag of a thread, or stands in its title word for word."""
    said = [words_of(title), *(words_of(tag) for tag in tags)]
    return any(_holds(words, interest) for words in said for interest in interests)


def _holds(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return any(words[start : start + len(wanted)] == wanted for start in range(len(words) - len(wanted) + 1))


class KeepsakeLine(View):
    """One thing on the start page, in a list. `is_broken`: it cannot be opened, and only deleting it is left."""

    keepsake_id: int
    kind: KeepsakeKind
    changed_at: datetime
    title: str = ""
    address: str = ""
    text: str = ""
    tags: tuple[str, ...] = ()
    size: int = 0
    has_preview: bool = False
    is_broken: bool = False


class FolderLine(View):
    """A folder to choose or to go to; `depth` counts the folders around it."""

    keepsake_id: int
    title: str
    depth: int


class UnreadLine(View):
    """A thread with what was said in it since one was last there."""

    thread: ThreadLine
    count: int


class StartPage(PageView, template="start_page/start.html"):
    """One's own page: the widgets in the order chosen, each with the newest of what it holds. `is_locked`: the key of
    what is kept here does not open."""

    order: tuple[Widget, ...]
    key: KeyChip = ONLY_MINE
    links: tuple[KeepsakeLine, ...] = ()
    notes: tuple[KeepsakeLine, ...] = ()
    files: tuple[KeepsakeLine, ...] = ()
    unread: tuple[UnreadLine, ...] = ()
    newcomers: tuple[Newcomer, ...] = ()
    interests: tuple[ThreadLine, ...] = ()
    is_locked: bool = False


class ShelfPage(PageView, template="start_page/shelf.html"):
    """What lies in one folder, or outside of all; `around` are the folders around it, from the outermost. `back` and
    `further` are the places from which the neighbouring pages go on."""

    folder_id: int | None
    title: str
    around: tuple[FolderLine, ...]
    keepsakes: tuple[KeepsakeLine, ...]
    used: int
    back: str | None = None
    further: str | None = None
    key: KeyChip = ONLY_MINE
    quota: int = QUOTA_OF_FILES


class KeepsakePage(PageView, template="start_page/edit.html"):
    """The form for a keepsake, a known one or a new one; of a new one `keepsake_id` is None, and `submission` makes a
    doubled click one."""

    kind: KeepsakeKind
    folders: tuple[FolderLine, ...]
    key: KeyChip = ONLY_MINE
    keepsake_id: int | None = None
    submission: str = ""
    version: int = 0
    title: str = ""
    address: str = ""
    body: str = ""
    tags: str = ""
    folder_id: int | None = None
    preview: SafeHtml | None = None
    title_problem: Problem | None = None
    address_problem: Problem | None = None
    body_problem: Problem | None = None
    tags_problem: Problem | None = None
    refused: Reason | None = None


class NotePage(PageView, template="start_page/note.html"):
    """A note to read; `html` is made from its Markdown each time, and kept nowhere."""

    keepsake_id: int
    title: str
    html: SafeHtml
    tags: tuple[str, ...]
    folder_id: int | None
    changed_at: datetime
    key: KeyChip = ONLY_MINE


class UploadPage(PageView, template="start_page/upload.html"):
    """The form to keep a file, and how much room is left."""

    folders: tuple[FolderLine, ...]
    used: int
    submission: str
    folder_id: int | None = None
    problem: Problem | None = None
    quota: int = QUOTA_OF_FILES
    most: int = MOST_FILE_BYTES


class BookmarksPage(PageView, template="start_page/bookmarks.html"):
    """The way in and out for a browser's bookmarks. After some came in: how many, and how many were left out."""

    folders: tuple[FolderLine, ...]
    added: int | None = None
    left_out: int = 0
    problem: Problem | None = None
    most: int = MOST_BOOKMARKS


class DeletedLine(View):
    """Something that was deleted, and when it is erased for good."""

    thing: KeepsakeLine
    erased_at: datetime


class DeletedPage(PageView, template="start_page/deleted.html"):
    """What a member deleted of late from their start page, to be taken back."""

    lines: tuple[DeletedLine, ...]
    key: KeyChip = ONLY_MINE


class FoundPage(PageView, template="start_page/search.html"):
    """What a member's search of their own things found."""

    query: str
    keepsakes: tuple[KeepsakeLine, ...]
    is_cut: bool = False
