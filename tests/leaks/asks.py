"""What is asked of a route: one address with its form, and who asks it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.leaks.planted import Planted

UNKNOWN = 987_654_321
Route = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ask:
    """One address to ask, with a form where it is a POST. `viewers` limits who asks; empty means everyone."""

    path: str
    form: Mapping[str, str] | None = None
    full: bool = False
    viewers: tuple[str, ...] = ()

    @property
    def body(self) -> bytes:
        """The form as a browser posts it."""
        return urlencode(self.form or {}).encode()


Specimens = Callable[[Planted], Iterator[Ask]]
