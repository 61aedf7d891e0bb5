"""Who may see what, written down by hand: the oracle that the product is held against.

These tables share no line of code with `domain.visibility`. They are read from the design and the words that members
are shown. A name in a row is a viewer who sees; whoever owns a thing always does and stands in no row.
"""

from domain.visibility import Scope

VISITORS = ("visitor", "crawler", "signed-out")
OUTSIDE = ("nina", "sven")
"""Signed in, belonging to both SIGs, and yet no more than visitors: one has not confirmed, one is suspended."""
INSIDE = ("tariq", "joost", "bodil", "lin", "amara", "olga")
VIEWERS = (*VISITORS, *OUTSIDE, *INSIDE)
"""Olga is an owner herself: of entries for herself alone, and of what was said and taken back."""

ALL = frozenset(VIEWERS)
MEMBERS = frozenset(INSIDE)
TURNAROUND = frozenset({"joost", "lin", "amara", "olga"})
BOARDROOM = frozenset({"bodil", "lin", "amara", "olga"})
VAULT = frozenset({"amara", "bodil"})
"""Those who belong to the SIG whose very existence is hidden."""
NOBODY: frozenset[str] = frozenset()

ENTRY_READERS = {
    "everyone": ALL,
    "members": MEMBERS,
    "my-sigs": TURNAROUND | BOARDROOM,
    "sig:turnaround": TURNAROUND,
    "sig:boardroom": BOARDROOM,
    "connections": NOBODY,
    "list": NOBODY,
    "only-me": NOBODY,
}
"""Readers of an entry of a settled member of both SIGs, beside the owner. Nobody is connected or on a list yet."""

STATES = ("settled", "page-off", "suspended", "unconfirmed", "left")
"""What the owner of an entry may be: settled; public page off; suspended; unconfirmed; one who left the Boardroom."""

CONTACT = ("email",)
"""Only Members see Members' contact data, whatever was once chosen."""

SCOPES_OF = {
    Scope.EVERYONE: ("everyone",),
    Scope.MEMBERS: ("members",),
    Scope.MY_SIGS: ("my-sigs",),
    Scope.SIG: ("sig:turnaround", "sig:boardroom"),
    Scope.CONNECTIONS: ("connections",),
    Scope.LIST: ("list",),
    Scope.ONLY_ME: ("only-me",),
}
"""The rows that stand for each scope of the code; a scope without one fails the test."""


def readers_of_entry(kind: str, audience: str, state: str) -> frozenset[str]:
    """Everybody but the owner who sees this entry."""
    if state in {"suspended", "unconfirmed"}:
        return NOBODY
    if audience == "everyone" and (state == "page-off" or kind in CONTACT):
        return MEMBERS
    if state == "left" and audience == "sig:boardroom":
        return NOBODY
    if state == "left" and audience == "my-sigs":
        return TURNAROUND
    return ENTRY_READERS[audience]


READERS_OF_SIG = {"turnaround": ALL, "boardroom": BOARDROOM, "vault": VAULT}
"""Readers of what is said in a SIG; an author sees what is left of their own words for good."""

STAND_INS = {"settled": "olga", "page-off": "olga", "suspended": "sven", "unconfirmed": "nina", "left": "joost"}
"""Whose eyes each kind of owner has for what belongs to others."""


def stand_in(viewer: str) -> str:
    """The viewer of the tables with whose eyes somebody looks at other people's things."""
    return STAND_INS.get(viewer.partition(" ")[0], viewer)
