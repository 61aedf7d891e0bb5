"""Sealing itself: words and chunks open for their owner and in their place alone, whole and in every part."""

import secrets

import pytest

from domain.start_page import KeepsakeKind, Words
from storage.secrets import Unsealable
from storage.start_page.sealing import CHUNK, DataKey, sealed_size, sealed_span


@pytest.fixture
def key() -> DataKey:
    """The key of member 7."""
    return DataKey(b"k" * 32, 7)


WORDS = Words("A title", "https://example.org/", "Words", ("law", "Überblick"), 12, has_preview=True)


def test_words_open_for_their_member_kind_and_file_alone(key: DataKey) -> None:
    sealed = key.seal_words(WORDS, KeepsakeKind.FILE, "name")
    assert key.open_words(sealed, KeepsakeKind.FILE, "name") == WORDS
    assert key.seal_words(WORDS, KeepsakeKind.FILE, "name") != sealed, "each time another nonce"
    for other, kind, name in (
        (DataKey(b"k" * 32, 8), KeepsakeKind.FILE, "name"),
        (DataKey(b"x" * 32, 7), KeepsakeKind.FILE, "name"),
        (key, KeepsakeKind.NOTE, "name"),
        (key, KeepsakeKind.FILE, "other"),
    ):
        with pytest.raises(Unsealable):
            other.open_words(sealed, kind, name)
    for bent in (b"", sealed[:-1], sealed + b"x", sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]):
        with pytest.raises(Unsealable):
            key.open_words(bent, KeepsakeKind.FILE, "name")


SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_opens_whole_and_in_every_part(key: DataKey, size: int) -> None:
    content = secrets.token_bytes(size)
    sealed = key.seal_file("n-all.sealed", content)
    assert len(sealed) == sealed_size(size)
    assert key.open_file("n-all.sealed", size, sealed) == content
    edges = sorted({0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, size - 2, size - 1} & set(range(size)))
    for first in edges:
        for last in (edge for edge in edges if edge >= first):
            start, end = sealed_span(size, first, last)
            assert key.open_span("n-all.sealed", size, first, last, sealed[start:end]) == content[first : last + 1]


def chunks_of(sealed: bytes) -> list[bytes]:
    """The sealed chunks of a file."""
    step = CHUNK + 28
    return [sealed[start : start + step] for start in range(0, len(sealed), step)]


def _opens(key: DataKey, name: str, size: int, sealed: bytes) -> bool:
    try:
        key.open_file(name, size, sealed)
    except Unsealable:
        return False
    return True


def test_a_file_that_was_cut_mixed_up_or_changed_does_not_open(key: DataKey) -> None:
    size = 4 * CHUNK
    name, sealed = "n-all.sealed", key.seal_file("n-all.sealed", secrets.token_bytes(size))
    one, two, three, four = chunks_of(sealed)
    other = chunks_of(key.seal_file("m-all.sealed", secrets.token_bytes(size)))
    bent = {
        "swapped": (size, [two, one, three, four]),
        "repeated": (size, [one, one, three, four]),
        "cut": (size, [one, two, three]),
        "cut, and the size too": (size - CHUNK, [one, two, three]),
        "to one": (CHUNK, [one]),
        "longer": (size + CHUNK, [one, two, three, four, four]),
        "from another file": (size, [one, other[1], three, four]),
        "nothing": (0, []),
    }
    for what, (claimed, chunks) in bent.items():
        assert not _opens(key, name, claimed, b"".join(chunks)), what
    for wrong in (DataKey(b"k" * 32, 8), DataKey(b"x" * 32, 7)):
        with pytest.raises(Unsealable):
            wrong.open_file(name, size, sealed)
    with pytest.raises(Unsealable):
        key.open_file("m-all.sealed", size, sealed)
    start, end = sealed_span(size, CHUNK, CHUNK)
    with pytest.raises(Unsealable):
        key.open_span(name, size, CHUNK, CHUNK, sealed[start - 1 : end - 1])
    with pytest.raises(Unsealable):
        key.open_span(name, size, CHUNK, CHUNK, three)
