"""Sealing what a member keeps for themselves: with a key of their own, each thing bound to its owner and its place.

AES-256-GCM. Words are one sealed text each, bound to member, kind and file. A file is sealed in chunks, each with its
own nonce and bound to member, file, place and whether it is the last: a chunk that was moved, repeated or left out does
not open, and any range can be read by opening only the chunks that it touches. The database knows sizes, and no more.
"""

import json
import secrets
from dataclasses import asdict
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.start_page import KeepsakeKind, Words
from storage.secrets import Unsealable

KEY_BYTES: Final = 32
CHUNK: Final = 64 * 1024
"""Bytes of a file that are sealed together."""
_NONCE, _TAG = 12, 16
_SEALED_CHUNK = _NONCE + CHUNK + _TAG


def make_key() -> bytes:
    """A new data key: random, and never derived from anything that could be known."""
    return secrets.token_bytes(KEY_BYTES)


def sealed_span(size: int, first: int, last: int) -> tuple[int, int]:
    """From where up to, and without, where the chunks lie, in the sealed form of a file of this size, that hold the
    bytes `first` to `last`; both count."""
    start, end = first // CHUNK, last // CHUNK + 1
    return start * _SEALED_CHUNK, min(end * _SEALED_CHUNK, sealed_size(size))


def sealed_size(size: int) -> int:
    """The bytes that a file of this size takes when it is sealed; an empty one is one empty chunk."""
    return size + _chunks(size) * (_NONCE + _TAG)


def _chunks(size: int) -> int:
    return max(1, -(-size // CHUNK))


class DataKey:
    """The key of one member's start page, as it is used."""

    def __init__(self, key: bytes, member_id: int) -> None:
        self._cipher = AESGCM(key)
        self._member_id = member_id

    def seal_words(self, words: Words, kind: KeepsakeKind, file_name: str | None = None) -> bytes:
        """The words of a keepsake, for its row."""
        nonce = secrets.token_bytes(_NONCE)
        text = json.dumps(asdict(words), ensure_ascii=False, separators=(",", ":")).encode()
        return nonce + self._cipher.encrypt(nonce, text, self._bound("words", kind, file_name or ""))

    def open_words(self, sealed: bytes, kind: KeepsakeKind, file_name: str | None = None) -> Words:
        """The words that were sealed for this member, kind and file. Raises Unsealable."""
        text = self._open(bytes(sealed), self._bound("words", kind, file_name or ""))
        found = json.loads(text)
        return Words(**{**found, "tags": tuple(found["tags"])})

    def seal_file(self, name: str, content: bytes) -> bytes:
        """The bytes of a stored file of this name, sealed chunk by chunk."""
        count, parts, view = _chunks(len(content)), list[bytes](), memoryview(content)
        for index in range(count):
            nonce, bound = secrets.token_bytes(_NONCE), self._chunk(name, index, count)
            parts += nonce, self._cipher.encrypt(nonce, view[index * CHUNK : (index + 1) * CHUNK], bound)
        return b"".join(parts)

    def open_file(self, name: str, size: int, sealed: bytes) -> bytes:
        """All bytes of a file of this size. Raises Unsealable when any chunk is missing, moved, added or changed."""
        if len(sealed) != sealed_size(size):
            raise Unsealable("a file of another length than was sealed")
        return self.open_span(name, size, 0, max(0, size - 1), sealed)

    def open_small_file(self, name: str, sealed: bytes) -> bytes:
        """All bytes of a file that is a single chunk, whatever its size. Raises Unsealable."""
        return self._open(sealed, self._chunk(name, 0, 1))

    def open_span(self, name: str, size: int, first: int, last: int, sealed: bytes) -> bytes:
        """The bytes `first` to `last` of a file of this size; `sealed` is what lies in their `sealed_span`.

        Raises Unsealable.
        """
        start, end = sealed_span(size, first, last)
        if len(sealed) != end - start:
            raise Unsealable("a part of another length than was sealed")
        count, opened = _chunks(size), list[bytes]()
        for index in range(first // CHUNK, last // CHUNK + 1):
            at = index * _SEALED_CHUNK - start
            opened.append(self._open(sealed[at : at + _SEALED_CHUNK], self._chunk(name, index, count)))
        skipped = first // CHUNK * CHUNK
        return b"".join(opened)[first - skipped : last - skipped + 1]

    def _open(self, sealed: bytes, bound: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
        except (InvalidTag, ValueError) as error:
            raise Unsealable("sealed by another key or for another place, or changed since") from error

    def _chunk(self, name: str, index: int, count: int) -> bytes:
        return self._bound("file", name, str(index), "last" if index == count - 1 else "more")

    def _bound(self, *parts: str) -> bytes:
        """What a sealed text is tied to; none of the parts holds the sign that parts them."""
        return "\0".join((str(self._member_id), *parts)).encode()
