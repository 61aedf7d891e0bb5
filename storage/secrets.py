"""The instance's secrets, made on first start and kept outside the database, and what is sealed or hashed with them.

The file is readable by its owner only. Whoever has the database without this file reads no e-mail address, and cannot
find one by hashing a list of known addresses.
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Unsealable(ValueError):
    """What was sealed does not belong to this instance's secrets, or was changed."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys of this instance: one seals, one hashes."""

    sealing_key: bytes
    hashing_key: bytes


def load_secrets(path: Path) -> Secrets:
    """The secrets of this instance; made, durably and once, when there are none yet."""
    if not path.exists():
        _make_secrets(path)
    kept = json.loads(path.read_text())
    return Secrets(bytes.fromhex(kept["sealing_key"]), bytes.fromhex(kept["hashing_key"]))


def _make_secrets(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    made = {"sealing_key": secrets.token_hex(32), "hashing_key": secrets.token_hex(32)}
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(made, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # another process was first, and its secrets are as good
    finally:
        fresh.unlink()


class Seal:
    """Seals short texts at rest and makes keyed hashes to find them by."""

    def __init__(self, kept: Secrets) -> None:
        self._cipher = AESGCM(kept.sealing_key)
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

    def hash(self, *parts: str) -> bytes:
        """A keyed hash (HMAC-SHA-256) that only this instance can make."""
        return hmac.digest(self._hashing_key, "\0".join(parts).encode(), "sha256")

    def hash_email(self, email: str) -> bytes:
        """The hash that finds an account: outer spaces and letter case do not count."""
        return self.hash("email", email.strip().casefold())


def hash_token(token: str) -> bytes:
    """What is kept of a random token; its own length makes it unguessable, so no key is needed."""
    return hashlib.sha256(token.encode()).digest()
