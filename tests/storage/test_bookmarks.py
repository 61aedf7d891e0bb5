"""The browsers' bookmark file: read as each of them writes it, written so that it reads the same, and never long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refusals import Problem
from domain.start_page import Words
from storage.start_page.bookmarks import Bookmarks, Folder, count_links, read_bookmarks, write_bookmarks

_LETTERS = st.characters(exclude_categories=("C", "Z"))
_TEXT = st.text(_LETTERS, min_size=1, max_size=40)
_TAGS = st.lists(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20), max_size=4, unique=True)
_LINKS = st.builds(
    Words,
    title=_TEXT,
    address=st.text("abc/?&=<>'\"%é", max_size=40).map(lambda rest: f"https://example.org/{rest}"),
    text=_TEXT | st.just(""),
    tags=_TAGS.map(tuple),
)


def _folders(depth: int) -> st.SearchStrategy[Folder]:
    inner = st.lists(_folders(depth - 1), max_size=2) if depth else st.just([])
    return st.builds(Folder, title=_TEXT, links=st.lists(_LINKS, max_size=3), folders=inner)


@given(links=st.lists(_LINKS, min_size=1, max_size=3), folders=st.lists(_folders(2), max_size=2))
def test_what_is_written_reads_the_same(links: list[Words], folders: list[Folder]) -> None:
    top = Folder("", links, folders)
    read = read_bookmarks(write_bookmarks(top).encode())
    assert isinstance(read, Bookmarks)
    assert read.top == top
    assert read.left_out == 0


@given(st.binary(max_size=400))
def test_whatever_it_is_it_is_read_or_refused(content: bytes) -> None:
    assert isinstance(read_bookmarks(content), Bookmarks | Problem)


@given(st.text("<>/=\"' adlDLhH3pPtT", max_size=300))
def test_broken_tags_are_read_or_refused(text: str) -> None:
    assert isinstance(read_bookmarks(text.encode()), Bookmarks | Problem)


HOSTILE = {
    "unclosed tags": b"<a " * 2_000_000,
    "unclosed values": b'<a href="' * 800_000,
    "one long tag": b"<a " + b"x" * 8_000_000,
    "names without values": b"<a " + b"href " * 1_500_000 + b">",
    "values without names": b"<a " + b'="" ' * 1_900_000 + b">",
    "spaces": b"<a" + b" " * 8_000_000 + b">x</a>",
    "lists in lists": b"<DL>" * 2_000_000,
    "folders in folders": b"<DL><DT><H3>x</H3>" * 400_000,
    "folders side by side": b"<DT><H3>x</H3>" * 500_000,
    "a title without end": b'<a href="https://example.org/">' + b"x<" * 3_900_000,
    "letters by number": b'<a href="https://example.org/">' + b"&#x41;" * 1_200_000 + b"</a>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_take_no_time(name: str) -> None:
    started = time.process_time()
    assert isinstance(read_bookmarks(HOSTILE[name]), Bookmarks | Problem)
    assert time.process_time() - started < 10


def test_bounds() -> None:
    link = b'<DT><A HREF="https://example.org/">x</A>\n'
    read = read_bookmarks(link * 5000)
    assert isinstance(read, Bookmarks)
    assert count_links([read.top]) == 5000
    assert read_bookmarks(link * 5001) is Problem.TOO_MANY
    for depth, expected in ((12, Bookmarks), (13, Problem), (100_000, Problem)):
        folders = b"<DL><p>" + b"<DT><H3>x</H3><DL><p>" * depth
        assert isinstance(read_bookmarks(folders + link), expected), depth
    assert read_bookmarks(b"x" * (8 * 1024 * 1024 + 1)) is Problem.TOO_LARGE


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "place:sort=8", "chrome://settings", "file:///x", ""]
)
def test_what_does_not_lead_to_the_web_is_left_out(address: str) -> None:
    read = read_bookmarks(f'<DT><A HREF="{address}">x</A><DD>note<DT><A HREF="https://example.org/">y</A>'.encode())
    assert isinstance(read, Bookmarks)
    assert read.left_out == 1
    assert [(link.title, link.text) for link in read.top.links] == [("y", "")]
