"""The instance's secrets, made on first start and kept outside the database, and what is sealed or hashed with them.

The file is readable by its owner only. Whoever has the database without this file reads no e-mail address, cannot find
one by hashing a list of known addresses, and opens nobody's start page.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Unsealable(ValueError):
    """What was sealed does not belong to this instance's secrets, or was changed."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys of this instance: one seals, one hashes, and one wraps the keys of the members' start pages."""

    sealing_key: bytes
    hashing_key: bytes
    wrapping_key: bytes


_NAMES = ("sealing_key", "hashing_key", "wrapping_key")


def load_secrets(path: Path) -> Secrets:
    """The secrets of this instance; those that are missing are made, durably and once."""
    kept = _read(path)
    if any(name not in kept for name in _NAMES):
        kept = _complete(path)
    return Secrets(**{name: bytes.fromhex(kept[name]) for name in _NAMES})


def _read(path: Path) -> Mapping[str, str]:
    try:
        kept: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return kept


def _complete(path: Path) -> Mapping[str, str]:
    """Make what is missing. Of several processes one does it, and the others find it done: no secret is ever replaced,
    for what was sealed with it would be lost."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone_in(path.parent) as folder:
        kept = {**{name: secrets.token_hex(32) for name in _NAMES}, **_read(path)}
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(kept, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        os.fsync(folder)
    return kept


@contextmanager
def _alone_in(folder: Path) -> Iterator[int]:
    """Hold the folder against other processes that do the same; a process that ends lets go."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


class Seal:
    """Seals short texts at rest, makes keyed hashes to find them by, and wraps the keys of start pages."""

    def __init__(self, kept: Secrets) -> None:
        self._cipher = AESGCM(kept.sealing_key)
        self._wrapping = AESGCM(kept.wrapping_key)
        self._hashing_key = kept.hashing_key

    def seal(self, text: str) -> bytes:
        """The text, encrypted and authenticated, with its nonce in front."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), None)

    def open(self, sealed: bytes) -> str:
        """The text that was sealed. Raises Unsealable."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
        except InvalidTag as error:
            raise Unsealable("sealed with other secrets, or changed since") from error

    def wrap_key(self, key: bytes, member_id: int) -> bytes:
        """A member's own key, encrypted with the instance's: only here, and only for that member, it opens again."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, _owner(member_id))

    def unwrap_key(self, wrapped: bytes, member_id: int) -> bytes:
        """The key that was wrapped for this member. Raises Unsealable."""
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _owner(member_id))
        except (InvalidTag, ValueError) as error:
            raise Unsealable("wrapped with other secrets or for another member, or changed since") from error

    def hash(self, *parts: str) -> bytes:
        """A keyed hash (HMAC-SHA-256) that only this instance can make."""
        return hmac.digest(self._hashing_key, "\0".join(parts).encode(), "sha256")

    def hash_email(self, email: str) -> bytes:
        """The hash that finds an account: outer spaces and letter case do not count."""
        return self.hash("email", email.strip().casefold())


def _owner(member_id: int) -> bytes:
    return f"the start page of member {member_id}".encode()


def hash_token(token: str) -> bytes:
    """What is kept of a random token; its own length makes it unguessable, so no key is needed."""
    return hashlib.sha256(token.encode()).digest()
