"""The bookmark file that every browser writes and reads (Netscape's format), both ways.

It is no proper HTML: its lists are never closed where a parser expects it, and Python's own parser takes time that
grows with the square of broken tags. So the few tags that count are picked out by one expression that never looks at a
letter twice; everything else in the file is text or nothing. Size, number and depth are bounded, and whatever does not
lead to the web (scripts, folders of the browser, pages of its own) is left out and counted.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from domain.refusals import Problem
from domain.start_page import (
    DEEPEST_FOLDER,
    LONGEST_REMARK,
    LONGEST_TAG,
    LONGEST_TITLE,
    MOST_BOOKMARK_BYTES,
    MOST_BOOKMARKS,
    MOST_FOLDERS,
    MOST_TAGS,
    Words,
    is_web_address,
    split_tags,
)

_TOKEN = re.compile(r"<(?P<end>/?)(?P<tag>dl|h3|a|dd|dt|p)\b(?P<given>[^<>]*)>|(?P<text>[^<]+)|<", re.IGNORECASE)
_GIVEN = re.compile(r'(?<![\w-])(?P<name>href|tags)="(?P<value>[^"]*)"', re.IGNORECASE)
_HEAD: Final = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
"""


@dataclass(slots=True)
class Folder:
    """A folder of bookmarks: links, and folders within, in the order of the file."""

    title: str = ""
    links: list[Words] = field(default_factory=list)
    folders: list["Folder"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bookmarks:
    """What was read: the links outside of all folders and the folders, and how many entries were left out."""

    top: Folder
    left_out: int


def read_bookmarks(content: bytes) -> Bookmarks | Problem:
    """The bookmarks in a file, or why it is not taken: too large, too many, too deep, or none in it at all."""
    if len(content) > MOST_BOOKMARK_BYTES:
        return Problem.TOO_LARGE
    if not content.strip():
        return Problem.EMPTY
    reader = _Reader()
    for token in _TOKEN.finditer(content.decode("utf-8", "replace")):
        if problem := reader.take(token):
            return problem
    reader.close()
    return Bookmarks(reader.top, reader.left_out) if reader.count else Problem.BROKEN


class _Reader:
    """Goes through the tags of a file and builds its folders."""

    def __init__(self) -> None:
        self.top = Folder()
        self.left_out = 0
        self.count = 0
        self._folder_count = 0
        self._open = [self.top]
        self._named: Folder | None = None
        self._text: list[str] = []
        self._taking = ""
        self._given: dict[str, str] = {}
        self._last: list[Words] | None = None

    def take(self, token: re.Match[str]) -> Problem | None:
        """One tag or text; a problem ends it all."""
        if token["tag"] is None:
            if self._taking:
                self._text.append(token["text"] or "<")
            return None
        tag, is_end = token["tag"].lower(), bool(token["end"])
        if tag != "p":
            self._finish()
        if tag == "dl":
            return self._enter(is_end=is_end)
        if tag in {"h3", "a", "dd"} and not is_end:
            self._taking = tag
            self._given = {found["name"].lower(): html.unescape(found["value"]) for found in _given(tag, token)}
            self.count += tag == "a"
        return Problem.TOO_MANY if self.count > MOST_BOOKMARKS or self._folder_count > MOST_FOLDERS else None

    def _enter(self, *, is_end: bool) -> Problem | None:
        """A list begins, that of the folder that was just named or one more around the same folder; or it ends."""
        if is_end:
            self._open[1:] = self._open[1:-1]
            return None
        self._open.append(self._named or self._open[-1])
        self._named = None
        return Problem.TOO_COMPLEX if len(self._open) > DEEPEST_FOLDER + 2 else None

    def _finish(self) -> None:
        """What was being read is whole: the name of a folder, a link, or the words beside the last link."""
        taking, self._taking = self._taking, ""
        text = html.unescape("".join(self._text))
        self._text = []
        if taking == "h3":
            self._named = Folder(_line(text, LONGEST_TITLE) or "…")
            self._open[-1].folders.append(self._named)
            self._folder_count += 1
            self._last = None
        elif taking == "a":
            self._add(text)
        elif taking == "dd" and self._last:
            self._last[-1] = replace(self._last[-1], text=_text(text)[:LONGEST_REMARK])

    def _add(self, text: str) -> None:
        address = self._given.get("href", "").strip()
        if not is_web_address(address):
            self.left_out += 1
            self._last = None
            return
        tags = tuple(tag[:LONGEST_TAG] for tag in split_tags(_line(self._given.get("tags", ""), 1000)))[:MOST_TAGS]
        self._last = self._open[-1].links
        self._last.append(Words(title=_line(text, LONGEST_TITLE), address=address, tags=tags))

    def close(self) -> None:
        """The file has ended; so has what was being read."""
        self._finish()


def _given(tag: str, token: re.Match[str]) -> Iterator[re.Match[str]]:
    return _GIVEN.finditer(token["given"]) if tag == "a" else iter(())


def _line(text: str, longest: int) -> str:
    """One line of what can be seen."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:longest].strip()


def _text(text: str) -> str:
    """Lines of what can be seen."""
    return "\n".join(_line(line, LONGEST_REMARK) for line in text.splitlines()).strip()


def write_bookmarks(top: Folder) -> str:
    """The file that browsers take."""
    lines = [_HEAD + "<DL><p>"]
    lines += _written(top, 1)
    return "\n".join([*lines, "</DL><p>", ""])


def _written(folder: Folder, depth: int) -> Iterator[str]:
    inset = "    " * depth
    for inner in folder.folders:
        yield f"{inset}<DT><H3>{html.escape(inner.title)}</H3>"
        yield f"{inset}<DL><p>"
        yield from _written(inner, depth + 1)
        yield f"{inset}</DL><p>"
    for link in folder.links:
        tags = f' TAGS="{html.escape(",".join(link.tags))}"' if link.tags else ""
        yield f'{inset}<DT><A HREF="{html.escape(link.address)}"{tags}>{html.escape(link.title or link.address)}</A>'
        if link.text:
            yield f"{inset}<DD>{html.escape(link.text)}"


def count_links(folders: Sequence[Folder]) -> int:
    """How many links are in these folders and in those within."""
    return sum(len(folder.links) + count_links(folder.folders) for folder in folders)
