"""Rules of the start page: what leads to the web, what a file is called, which bytes a range means, what matches."""

import pytest

from domain.start_page import (
    DEEPEST_FOLDER,
    MOST_KEEPSAKES,
    QUOTA_OF_FILES,
    QUOTA_OF_WORDS,
    BeyondTheEnd,
    Room,
    Widget,
    Words,
    depth_of,
    folded,
    is_web_address,
    matches,
    moved,
    order_of,
    span_of,
    split_tags,
    tidy_address,
    tidy_file_name,
)

ADDRESSES = [
    ("https://example.org/a?b=c#d", True),
    ("http://localhost:8000/", True),
    ("HTTPS://EXAMPLE.ORG", True),
    ("https://例え.jp/", True),
    ("javascript:alert(1)", False),
    ("JaVaScRiPt://x/%0aalert(1)", False),
    ("data:text/html,x", False),
    ("file:///etc/passwd", False),
    ("ftp://example.org/", False),
    ("//example.org/", False),
    ("https://", False),
    ("https:///path", False),
    ("https://exa mple.org/", False),
    ("https://example.org/\u202egnp.exe", False),
    ("https://example.org\\@evil.example/", False),
    ("https://[::1", False),
    ("https://example.org/" + "x" * 2000, False),
    ("", False),
]


@pytest.mark.parametrize(("address", "expected"), ADDRESSES)
def test_which_addresses_lead_to_the_web(address: str, expected: bool) -> None:
    assert is_web_address(address) is expected


def test_an_address_is_tidied_and_a_script_stays_what_it_is() -> None:
    assert tidy_address("  example.org/x ") == "https://example.org/x"
    assert tidy_address("javascript:alert(1)") == "javascript:alert(1)"
    assert tidy_address("") == ""


NAMES = [
    ("plan.pdf", "plan.pdf"),
    ("C:\\papers\\plan.pdf", "plan.pdf"),
    ("../../etc/passwd", "passwd"),
    ("a\x00b\r\nc.txt", "a b c.txt"),
    ("\u202egnp.exe", "gnp.exe"),
    ("...", "file"),
    ("", "file"),
    ("x" * 300 + ".tar", "x" * 183 + ".tar"),
]


@pytest.mark.parametrize(("given", "kept"), NAMES)
def test_what_a_file_is_called(given: str, kept: str) -> None:
    assert tidy_file_name(given) == kept


SPANS = [
    ("bytes=0-0", 10, (0, 0)),
    ("bytes=2-5", 10, (2, 5)),
    ("bytes=2-", 10, (2, 9)),
    ("bytes=-3", 10, (7, 9)),
    ("bytes=-30", 10, (0, 9)),
    ("bytes=9-99", 10, (9, 9)),
    ("bytes= 2 - 5", 10, (2, 5)),
    ("bytes=5-2", 10, None),
    ("bytes=-", 10, None),
    ("bytes=0-1,3-4", 10, None),
    ("bytes=x-1", 10, None),
    ("bytes=1-" + "9" * 20, 10, None),
    ("", 10, None),
]


@pytest.mark.parametrize(("wanted", "size", "span"), SPANS)
def test_which_bytes_a_range_means(wanted: str, size: int, span: tuple[int, int] | None) -> None:
    assert span_of(wanted, size) == span


@pytest.mark.parametrize(("wanted", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-1", 0)])
def test_a_range_beyond_the_end(wanted: str, size: int) -> None:
    with pytest.raises(BeyondTheEnd):
        span_of(wanted, size)


def test_every_widget_is_there_once_in_the_order_chosen() -> None:
    assert order_of("") == tuple(Widget)
    assert order_of("notes links notes no-such-widget")[:2] == (Widget.NOTES, Widget.LINKS)
    assert set(order_of("notes links")) == set(Widget)
    assert len(order_of("notes links notes")) == len(Widget)


def test_a_widget_moves_one_place_and_not_beyond_the_ends() -> None:
    order = tuple(Widget)
    assert moved(order, order[0], -1) == order
    assert moved(order, order[-1], 1) == order
    assert moved(order, order[0], 1)[:2] == (order[1], order[0])
    assert moved(moved(order, order[3], -1), order[3], 1) == order


def test_there_is_room_up_to_the_last_byte() -> None:
    room = Room(files=QUOTA_OF_FILES - 10, words=QUOTA_OF_WORDS - 10, count=MOST_KEEPSAKES - 1)
    assert room.has_place_for(files=10)
    assert room.has_place_for(words=10)
    assert not room.has_place_for(files=11)
    assert not room.has_place_for(words=11)
    assert not room.has_place_for(count=2)


def test_depth_ends_whatever_stands_in_the_table() -> None:
    parents = {number: number - 1 or None for number in range(1, DEEPEST_FOLDER + 1)}
    assert depth_of(None, parents) == 0
    assert depth_of(1, parents) == 1
    assert depth_of(DEEPEST_FOLDER, parents) == DEEPEST_FOLDER
    assert depth_of(1, {1: 2, 2: 1}) == 3


def test_all_words_must_stand_somewhere_whatever_their_form() -> None:
    words = Words("Überblick", "https://example.org/", "Straße nach Reykjavík", ("Stahl",))
    for wanted in ("uberblick", "ÜBERBLICK", "strasse reykjavik", "stahl example"):
        assert matches(words, tuple(folded(wanted).split())), wanted
    assert not matches(words, ("uberblick", "holz"))


def test_tags_are_split_by_commas() -> None:
    assert split_tags(" works  council, #law,, law ") == ("works council", "law")
