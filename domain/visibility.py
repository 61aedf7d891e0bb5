"""The one rule of visibility.

An audience is a set of keys. A viewer holds a ring of keys. A thing is visible when one of its keys is on the ring.
Every page, feed, mail, search and export asks this module, or its SQL form in `storage.key_sets`, and nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Generic, Never, NewType, TypeVar

T = TypeVar("T")

Key = NewType("Key", str)
"""One reason to see a thing, such as `public`, `sig:7` or `own:12`."""

Keys = frozenset[Key]
"""What a thing carries: any one of them opens it."""

Ring = frozenset[Key]
"""What a viewer holds."""

PUBLIC = Key("public")
MEMBERS = Key("members")
STAFF = Key("staff")


def sig_key(sig_id: int) -> Key:
    """The key that every member of one SIG holds."""
    return Key(f"sig:{sig_id}")


def connection_key(member_id: int) -> Key:
    """The key that everyone connected with this member holds."""
    return Key(f"con:{member_id}")


def list_key(list_id: int) -> Key:
    """The key that everyone on one of a member's own lists holds."""
    return Key(f"list:{list_id}")


def own_key(member_id: int) -> Key:
    """The key that only this member holds, and that everything of theirs carries."""
    return Key(f"own:{member_id}")


def mod_key(sig_id: int) -> Key:
    """The key that the moderators and owners of one SIG hold: it opens what waits or is hidden there."""
    return Key(f"mod:{sig_id}")


def block_mark(member_id: int) -> Key:
    """The mark on the ring of whoever blocks this member or is blocked by them. No thing carries it: it shuts."""
    return Key(f"shut:{member_id}")


def blocked_ids(ring: Ring) -> tuple[int, ...]:
    """The members with whom the holder of this ring has a block, whoever made it."""
    return tuple(sorted(int(key.removeprefix("shut:")) for key in ring if key.startswith("shut:")))


VISITOR_RING: Ring = frozenset({PUBLIC})


def ring_towards(ring: Ring, owner_id: int) -> Ring:
    """The ring that counts for what belongs to this member: between two people with a block, that of a visitor."""
    return VISITOR_RING if block_mark(owner_id) in ring else ring


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a visitor has no member id and the ring of the public square.

    `sig_names` are the names of the SIGs on the ring, for the words of a reason.
    """

    member_id: int | None = None
    ring: Ring = VISITOR_RING
    sig_names: Mapping[int, str] = field(default_factory=dict, compare=False)

    @property
    def is_member(self) -> bool:
        """Whether the viewer is a confirmed member in good standing (and not just signed in)."""
        return MEMBERS in self.ring


VISITOR = Viewer()


def member_ring(
    member_id: int,
    *,
    in_good_standing: bool,
    sig_ids: Iterable[int] = (),
    connected_ids: Iterable[int] = (),
    list_ids: Iterable[int] = (),
    moderated_ids: Iterable[int] = (),
    blocked_ids: Iterable[int] = (),
    is_staff: bool = False,
) -> Ring:
    """The ring of a signed-in person; until they confirm their address, and while suspended, no more than a visitor's
    and what is their own. `blocked_ids` are those with whom there is a block, whoever made it."""
    ring = {PUBLIC, own_key(member_id)}
    if not in_good_standing:
        return frozenset(ring)
    ring.add(MEMBERS)
    ring.update(sig_key(sig_id) for sig_id in sig_ids)
    ring.update(connection_key(other_id) for other_id in connected_ids)
    ring.update(list_key(list_id) for list_id in list_ids)
    ring.update(mod_key(sig_id) for sig_id in moderated_ids)
    ring.update(block_mark(other_id) for other_id in blocked_ids)
    if is_staff:
        ring.add(STAFF)
    return frozenset(ring)


def may_see(keys: Keys, ring: Ring) -> bool:
    """The rule."""
    return not keys.isdisjoint(ring)


_NARROWEST_FIRST = ("own", "list", "con", "sig", "mod", "staff", "members", "public")


def reason_to_see(keys: Keys, ring: Ring) -> Key | None:
    """The key that opens a thing for a viewer, the most personal one first; None when it stays shut."""
    opening = keys & ring
    if not opening:
        return None
    return min(opening, key=lambda key: (_NARROWEST_FIRST.index(key.partition(":")[0]), key))


class Scope(StrEnum):
    """The kinds of audience that a member can choose."""

    EVERYONE = "everyone"
    MEMBERS = "members"
    MY_SIGS = "my-sigs"
    SIG = "sig"
    CONNECTIONS = "connections"
    LIST = "list"
    ONLY_ME = "only-me"


_SCOPES_OF_ONE = frozenset({Scope.SIG, Scope.LIST})


@dataclass(frozen=True, slots=True)
class Audience:
    """What a member chose for one entry; `of` is the id of the SIG or list where the scope names one."""

    scope: Scope
    of: int | None = None

    def __post_init__(self) -> None:
        if (self.scope in _SCOPES_OF_ONE) != (self.of is not None):
            raise ValueError(f"a {self.scope} audience {'needs' if self.of is None else 'has no'} id")

    def __str__(self) -> str:
        return self.scope.value if self.of is None else f"{self.scope.value}:{self.of}"

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> "Audience":
        """Read the stored or posted form, `members` or `sig:7`. Raises ValueError on anything else."""
        scope, _, of = text.partition(":")
        if of and not (of.isascii() and of.isdigit() and len(of) < 16):
            raise ValueError("an audience id is a plain number")
        return cls(Scope(scope), int(of) if of else None)


EVERYONE = Audience(Scope.EVERYONE)
ALL_MEMBERS = Audience(Scope.MEMBERS)
MY_SIGS = Audience(Scope.MY_SIGS)
CONNECTIONS = Audience(Scope.CONNECTIONS)
ONLY_ME = Audience(Scope.ONLY_ME)


@dataclass(frozen=True, slots=True)
class Owner:
    """What the rule must know of the person whose thing it is. `hidden_sig_ids` are those of their SIGs whose people
    are not to know that they belong."""

    member_id: int
    sig_ids: frozenset[int] = frozenset()
    list_ids: frozenset[int] = frozenset()
    in_good_standing: bool = True
    has_public_page: bool = True
    hidden_sig_ids: frozenset[int] = frozenset()


def keys_for(audience: Audience, owner: Owner, *, may_be_public: bool = True) -> Keys:
    """The keys that a thing of this owner carries under this audience.

    A SIG that the owner has left opens nothing, nor does a list that is not theirs; a hidden membership adds no key to
    what is for My SIGs, because the key would tell of it. The public-profile switch turns Everyone into Members, and
    nothing of a person without a confirmed address is open to anyone else.
    """
    own = own_key(owner.member_id)
    if not owner.in_good_standing:
        return frozenset({own})
    return frozenset({own}) | _opened_by(audience, owner, may_be_public and owner.has_public_page)


def _opened_by(audience: Audience, owner: Owner, may_be_public: bool) -> Keys:
    match audience.scope, audience.of:
        case Scope.EVERYONE, _:
            return frozenset({PUBLIC if may_be_public else MEMBERS})
        case Scope.MEMBERS, _:
            return frozenset({MEMBERS})
        case Scope.MY_SIGS, _:
            return frozenset(sig_key(sig_id) for sig_id in owner.sig_ids - owner.hidden_sig_ids)
        case Scope.SIG, int(sig_id) if sig_id in owner.sig_ids:
            return frozenset({sig_key(sig_id)})
        case Scope.CONNECTIONS, _:
            return frozenset({connection_key(owner.member_id)})
        case Scope.LIST, int(list_id) if list_id in owner.list_ids:
            return frozenset({list_key(list_id)})
        case _:
            return frozenset()


def effective_audience(chosen: Audience, keys: Keys) -> Audience:
    """The audience that these keys amount to: not the chosen one where the public page is off, a SIG was left, or the
    membership of a hidden SIG is known to its people only."""
    if PUBLIC in keys:
        return EVERYONE
    if MEMBERS in keys:
        return ALL_MEMBERS
    shared = [key for key in keys if not key.startswith("own:")]
    if not shared:
        return ONLY_ME
    if chosen.scope not in {Scope.EVERYONE, Scope.MEMBERS}:
        return chosen
    sigs = [key for key in shared if key.startswith("sig:")]
    return Audience.parse(sigs[0]) if len(sigs) == 1 else MY_SIGS


def narrowed_to(keys: Keys, within: Keys) -> Keys:
    """The keys for those who hold one of `keys` and may know of what carries `within`, such as the SIG of a membership.

    A ring opens a set by any one key, so what only the overlap of two circles may see is left to its owner.
    """
    if PUBLIC in within:
        return keys
    if MEMBERS in within:
        return keys - {PUBLIC} | {MEMBERS} if PUBLIC in keys else keys
    own = frozenset(key for key in keys if key.startswith("own:"))
    if keys & {PUBLIC, MEMBERS}:
        return own | within
    return own | (keys & within)


def hides_membership(audience: Audience, sig_id: int) -> bool:
    """Whether a membership with this audience is kept from the people of its SIG."""
    match audience.scope:
        case Scope.EVERYONE | Scope.MEMBERS | Scope.MY_SIGS:
            return False
        case _:
            return audience != Audience(Scope.SIG, sig_id)


def widens(before: Audience, after: Audience, owner: Owner, owner_after: Owner | None = None) -> bool:
    """Whether a change of audience, or of what it depends on, lets anyone see who could not.

    Widening is confirmed first, narrowing never is. Everyone includes Members, and Members include every SIG and
    connection; two circles may hold different people, so going from one to the other widens. To leave Only me is always
    to widen: a circle that is empty today may have people tomorrow.
    """
    if before.scope is Scope.ONLY_ME:
        return after.scope is not Scope.ONLY_ME
    old, new = keys_for(before, owner), keys_for(after, owner_after or owner)
    if PUBLIC in old or new <= old:
        return False
    return PUBLIC in new if MEMBERS in old else True


class Guarded(Generic[T]):
    """A private value with the keys that open it. Only `reveal` reads it; to print, compare or test one is an error."""

    __slots__ = ("_keys", "_value")

    def __init__(self, value: T, keys: Keys) -> None:
        self._value = value
        self._keys = keys

    @property
    def keys(self) -> Keys:
        """Who may see it; no secret towards the code, and never part of a view."""
        return self._keys

    def __repr__(self) -> str:
        return "<Guarded>"

    def _refuse(self, *_: object) -> Never:
        raise TypeError("a guarded value is opened by domain.visibility.reveal, with the ring of its reader")

    __str__ = __format__ = __bool__ = __eq__ = __lt__ = __reduce__ = __iter__ = _refuse
    __hash__ = None  # type: ignore[assignment]  # the way to say unhashable


def reveal(guarded: Guarded[T], ring: Ring) -> T | None:
    """The value for a viewer whose ring opens it, else None: hidden and missing look the same."""
    return guarded._value if may_see(guarded.keys, ring) else None  # noqa: SLF001 -- the one place that opens it
