"""Places in a list of results, by key set and never by offset: a cursor names a result that the viewer has seen."""

import re
from dataclasses import dataclass

_CURSOR = re.compile(r"([01])-([0-9a-zA-Z-]{1,120})", re.ASCII)
_HIGHEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind which result the next page begins: its rank (0 where title or name fits), and its key within the rank."""

    rank: int
    key: str

    def __str__(self) -> str:
        return f"{self.rank}-{self.key}"

    @property
    def number(self) -> int:
        """The key as an id; 0, before which nothing of talk stands, where it is none."""
        return min(int(self.key), _HIGHEST) if self.key.isdigit() else 0

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read a cursor from an address. Raises ValueError on anything that is none."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise ValueError("not a cursor")
        return cls(int(found[1]), found[2])
