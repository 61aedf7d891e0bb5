"""Canaries: for each guarded field, audience and owner one token that stands nowhere else, and what finds it again.

A token is found in any bytes, also in upper case, as hexadecimal digits and as base 64. Hashes that a program may make
of an address without thinking (for a picture, say) are canaries too. What can be no token is a day or a telephone
number that nobody else has; what is no secret as such, but tells something on a certain page, is looked for there.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.leaks.oracle import stand_in

_TOKEN = re.compile(rb"zq[0-9a-f]{16}|7a71(?:3[0-9]|6[1-6]){16}")
_MARK = re.compile(rb"1[67][0-9]{2}-[0-9]{2}-[0-9]{2}|99[0-9]{16}")
_FIRST_DAY = date(1600, 1, 1)
_DAYS = 72_000
_WORD = re.compile(rb"[0-9a-zA-Z+/_-]{22,}")


@dataclass(frozen=True, slots=True)
class Canary:
    """A value planted in one field. `seen_at` are the routes, any one of which must show it to each who may see;
    `told_at` are those at which it is no secret, whoever asks."""

    token: str
    field: str
    audience: str
    owner: str
    readers: frozenset[str]
    seen_at: tuple[str, ...] = ()
    told_at: tuple[str, ...] = ()

    def may_be_seen_by(self, viewer: str) -> bool:
        """What the oracle says; the owner's `nobody` excludes even the owner."""
        if self.audience == "nobody":
            return False
        return viewer == self.owner or viewer in self.readers or stand_in(viewer) in self.readers

    def __str__(self) -> str:
        return f"{self.field} for {self.audience} of {self.owner}"


@dataclass
class Cage:
    """Every canary by its token, and by what else it may look like."""

    by_token: dict[bytes, Canary] = field(default_factory=dict)
    by_word: dict[bytes, Canary] = field(default_factory=dict)
    by_mark: dict[bytes, Canary] = field(default_factory=dict)
    by_place: dict[str, list[tuple[bytes, Canary]]] = field(default_factory=dict)

    def token(
        self,
        name: str,
        audience: str,
        owner: str,
        readers: frozenset[str] = frozenset(),
        *,
        seen_at: tuple[str, ...] = (),
        told_at: tuple[str, ...] = (),
    ) -> str:
        """A new canary's token."""
        token = "zq" + _digest(f"{name}|{audience}|{owner}").hex()[:16]
        assert token.encode() not in self.by_token, (name, audience, owner)
        self.by_token[token.encode()] = Canary(token, name, audience, owner, readers, seen_at, told_at)
        return token

    def number(self, name: str, audience: str, owner: str, readers: frozenset[str], seen_at: tuple[str, ...]) -> str:
        """A canary that passes for a telephone number, without its plus."""
        digits = f"99{int.from_bytes(_digest(f'{name}|{audience}|{owner}')[:8]) % 10**16:016}"
        return self._mark(Canary(digits, name, audience, owner, readers, seen_at))

    def day(self, name: str, audience: str, owner: str, readers: frozenset[str], seen_at: tuple[str, ...]) -> date:
        """A canary that is a day of long ago."""
        drawn = int.from_bytes(_digest(f"{name}|{audience}|{owner}")[:8])
        found = _FIRST_DAY + timedelta(days=drawn % _DAYS)
        self._mark(Canary(found.isoformat(), name, audience, owner, readers, seen_at))
        return found

    def _mark(self, canary: Canary) -> str:
        assert canary.token.encode() not in self.by_mark, canary
        self.by_mark[canary.token.encode()] = canary
        return canary.token

    def at(self, path: str, needle: str, canary: Canary) -> None:
        """Watch one address for what may stand elsewhere."""
        self.by_place.setdefault(path, []).append((needle.encode(), canary))

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

    def find(self, haystack: bytes, path: str = "") -> set[Canary]:
        """Every canary in these bytes, and those that are looked for in what this address answers."""
        found = {self.by_word[word] for word in set(_WORD.findall(haystack)) & self.by_word.keys()}
        found |= {self.by_mark[mark] for mark in set(_MARK.findall(haystack)) & self.by_mark.keys()}
        found |= {canary for needle, canary in self.by_place.get(path, ()) if needle in haystack}
        for token in set(_TOKEN.findall(haystack.lower())):
            plain = bytes.fromhex(token.decode()) if token.startswith(b"7a71") else token
            if plain in self.by_token:
                found.add(self.by_token[plain])
        return found

    @property
    def all(self) -> list[Canary]:
        """Every canary once."""
        placed = [canary for some in self.by_place.values() for _, canary in some]
        known = (*self.by_token.values(), *self.by_mark.values(), *self.by_word.values(), *placed)
        return list({id(canary): canary for canary in known}.values())


def _digest(label: str) -> bytes:
    return hashlib.sha256(label.encode()).digest()
