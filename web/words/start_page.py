"""Words for the private start page."""

import re

from babel.numbers import format_decimal

from domain.refusals import Problem
from domain.start_page import KeepsakeKind, KeepsakePage, Widget
from web.words.language import _, language, ngettext
from web.words.refusals import field, problem


def widget(which: Widget) -> str:
    """What a part of the page is called."""
    return {
        Widget.UNREAD: _("Unread threads"),
        Widget.LINKS: _("Links"),
        Widget.NOTES: _("Notes"),
        Widget.FILES: _("Files"),
        Widget.SIGS: _("My SIGs"),
        Widget.NEWCOMERS: _("New in my SIGs"),
        Widget.INTERESTS: _("Talk in my interests"),
    }[which]


def keepsake_form(kind: KeepsakeKind, *, is_new: bool) -> str:
    """The heading of the form for a thing of this kind."""
    match kind:
        case KeepsakeKind.LINK:
            return _("A new link") if is_new else _("Change a link")
        case KeepsakeKind.NOTE:
            return _("A new note") if is_new else _("Change a note")
        case KeepsakeKind.FOLDER:
            return _("A new folder") if is_new else _("Rename a folder")
        case KeepsakeKind.FILE:
            return _("Change a file")


def kind_of_keepsake(kind: KeepsakeKind) -> str:
    """What a thing is."""
    return {
        KeepsakeKind.LINK: _("Link"),
        KeepsakeKind.NOTE: _("Note"),
        KeepsakeKind.FOLDER: _("Folder"),
        KeepsakeKind.FILE: _("File"),
    }[kind]


def excerpt(text: str) -> str:
    """The beginning of a note in one line, without the marks of Markdown, which stand for themselves only in the whole
    of it; never broken off within a word."""
    plain = " ".join(_INLINE.sub("", _AHEAD.sub("", text)).split())
    if len(plain) <= LONGEST_EXCERPT:
        return plain
    kept, space, _rest = plain[:LONGEST_EXCERPT].rpartition(" ")
    return f"{kept if space else plain[:LONGEST_EXCERPT]}…"


LONGEST_EXCERPT = 150
_AHEAD = re.compile(r"^[ \t]*(?:[-+*>#|]+|\d+[.)])[ \t]+", re.MULTILINE)
_INLINE = re.compile(r"[*`|]+|(?<=\])\([^)\s]*\)|[\[\]]|-{3,}")


def size(count: int) -> str:
    """So many bytes, as people say it."""
    if count < 1024:
        return ngettext("%(num)s byte", "%(num)s bytes", count)
    for unit, much in (("kB", 1024), ("MB", 1024**2)):
        if count < much * 1024 or unit == "MB":
            return f"{format_decimal(round(count / much, 1), locale=language())} {unit}"
    return ""


def keepsake_problem(name: str, code: Problem | None) -> str:
    """What is wrong with a field of a keepsake, and what mends it."""
    if code is None:
        return ""
    special = _PROBLEMS.get((name, code.value))
    return special() if special else problem(code, "")


_PROBLEMS = {
    ("title", "empty"): lambda: _("Please give it a name."),
    ("title", "too-long"): lambda: _("Please use at most 200 characters."),
    ("title", "too-many"): lambda: _("There are a thousand folders already. Please use one of them."),
    ("title", "too-complex"): lambda: _("Folders lie at most twelve deep. Please choose one further out."),
    ("address", "empty"): lambda: _("Please give the address of the page."),
    ("address", "malformed"): lambda: _("An address on the web looks like https://example.org/page."),
    ("body", "empty"): lambda: _("There is nothing in this note yet. Please write something."),
    ("tags", "too-many"): lambda: _("Please use at most 10 tags."),
    ("tags", "too-long"): lambda: _("A tag has at most 35 characters."),
}


def keepsake_summary(page: KeepsakePage) -> tuple[tuple[str, str], ...]:
    """The fields of a keepsake to mend, for the summary above its form."""
    found = (
        ("title", page.title_problem),
        ("address", page.address_problem),
        ("body", page.body_problem),
        ("tags", page.tags_problem),
    )
    return tuple((name, f"{field(name)}: {keepsake_problem(name, code)}") for name, code in found if code)


def unread(count: int) -> str:
    """So many posts that were not read yet."""
    return ngettext("%(num)s new post", "%(num)s new posts", count)


def taken_over(added: int, left_out: int) -> str:
    """What came of a file of bookmarks."""
    words = ngettext("%(num)s link was taken over.", "%(num)s links were taken over.", added)
    if not left_out:
        return words
    rest = ngettext(
        "%(num)s entry was left out, because it does not lead to the web.",
        "%(num)s entries were left out, because they do not lead to the web.",
        left_out,
    )
    return f"{words} {rest}"
