"""Key chips: who sees a thing, and why its reader does. Both are read off the keys that decide."""

from collections.abc import Mapping

from domain.views import View
from domain.visibility import Audience, Key, Keys, Ring, Scope, reason_to_see


class KeyChip(View):
    """The key of something visible: `scope` picks shape and word, `name` is the SIG's where it opens to one SIG.

    On one's own things the chip says which audience was chosen, on other people's why the viewer sees it.
    """

    scope: Scope
    name: str | None = None
    own: bool = False


_CHIP_OF_KEY = {
    "public": Scope.EVERYONE,
    "members": Scope.MEMBERS,
    "sig": Scope.SIG,
    "con": Scope.CONNECTIONS,
    "list": Scope.LIST,
    "own": Scope.ONLY_ME,
}


def chip_for_reader(keys: Keys, ring: Ring, sig_names: Mapping[int, str]) -> KeyChip | None:
    """The reason for which the reader sees a thing of somebody else's, as a chip; None when they do not see it."""
    key = reason_to_see(keys, ring)
    return None if key is None else _chip_of(key, sig_names)


def _chip_of(key: Key, sig_names: Mapping[int, str]) -> KeyChip:
    family, _, number = key.partition(":")
    scope = _CHIP_OF_KEY[family]
    return KeyChip(scope=scope, name=sig_names.get(int(number)) if scope is Scope.SIG else None)


def chip_for_owner(audience: Audience, names: Mapping[Audience, str]) -> KeyChip:
    """The audience that the owner chose, as the chip that changes it; `names` are those of their SIGs and lists."""
    return KeyChip(scope=audience.scope, name=names.get(audience), own=True)
