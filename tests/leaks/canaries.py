"""Canaries: for each guarded field, audience and owner one token that stands nowhere else, and what finds it again.

A token is found in any bytes, also in upper case, as hexadecimal digits and as base 64. Hashes that a program may make
of an address without thinking (for a picture, say) are canaries too.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.leaks.oracle import stand_in

_TOKEN = re.compile(rb"zq[0-9a-f]{16}|7a71(?:3[0-9]|6[1-6]){16}")
_WORD = re.compile(rb"[0-9a-zA-Z+/_-]{22,}")


@dataclass(frozen=True, slots=True)
class Canary:
    """A value planted in one field. `seen_at` are the routes, any one of which must show it to each who may see."""

    token: str
    field: str
    audience: str
    owner: str
    readers: frozenset[str]
    seen_at: tuple[str, ...] = ()

    def may_be_seen_by(self, viewer: str) -> bool:
        """What the oracle says; the owner's `nobody` excludes even the owner."""
        return stand_in(viewer) in self.readers or (viewer == self.owner and self.audience != "nobody")

    def __str__(self) -> str:
        return f"{self.field} for {self.audience} of {self.owner}"


Salt = Callable[[frozenset[str], str], str]
"""Gives a salt by readers and owner: the twin worlds give another one to what is hidden from their viewer."""


def one_world(_readers: frozenset[str], _owner: str) -> str:
    """The salt of a world that has no twin."""
    return ""


@dataclass
class Cage:
    """Every canary by its token, and by what else it may look like."""

    salt: Salt = one_world
    by_token: dict[bytes, Canary] = field(default_factory=dict)
    by_word: dict[bytes, Canary] = field(default_factory=dict)

    def token(
        self,
        name: str,
        audience: str,
        owner: str,
        readers: frozenset[str] = frozenset(),
        *,
        seen_at: tuple[str, ...] = (),
        fixed: bool = False,
    ) -> str:
        """A new canary's token. `fixed` ones stand in addresses and are the same in both of two twin worlds."""
        salt = "" if fixed else self.salt(readers, owner)
        label = f"{salt}|{name}|{audience}|{owner}"
        token = "zq" + hashlib.sha256(label.encode()).hexdigest()[:16]
        self.by_token[token.encode()] = Canary(token, name, audience, owner, readers, seen_at)
        return token

    def hashes_of(self, name: str, owner: str, value: str) -> None:
        """Watch for the plain hashes of a value: whoever knows it recognises them."""
        for algorithm in ("md5", "sha1", "sha256"):
            digest = hashlib.new(algorithm, value.encode()).digest()
            self.bytes_of(f"{name} as {algorithm}", owner, digest)

    def bytes_of(self, name: str, owner: str, value: bytes) -> None:
        """Watch for bytes that no answer may hold, in hexadecimal digits and base 64."""
        canary = Canary(value.hex(), name, "nobody", owner, frozenset())
        for form in (value.hex().encode(), base64.b64encode(value), base64.urlsafe_b64encode(value)):
            self.word(form.rstrip(b"="), canary)

    def secret(self, name: str, owner: str, value: str) -> None:
        """Watch for a text of 22 letters or more that no answer may hold."""
        self.word(value.encode(), Canary(value, name, "nobody", owner, frozenset()))

    def word(self, form: bytes, canary: Canary) -> None:
        """Watch for a word that stands for a canary."""
        if len(form) >= 22:
            self.by_word[form] = canary

    def find(self, haystack: bytes) -> set[Canary]:
        """Every canary in these bytes."""
        found = {self.by_word[word] for word in set(_WORD.findall(haystack)) & self.by_word.keys()}
        for token in set(_TOKEN.findall(haystack.lower())):
            plain = bytes.fromhex(token.decode()) if token.startswith(b"7a71") else token
            if plain in self.by_token:
                found.add(self.by_token[plain])
        return found

    @property
    def all(self) -> list[Canary]:
        """Every canary once."""
        return list({id(canary): canary for canary in (*self.by_token.values(), *self.by_word.values())}.values())
