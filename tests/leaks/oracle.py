"""Who may see what, written down by hand: the oracle that the product is held against.

These tables share no line of code with `domain.visibility`. They are read from the design and the words that members
are shown. A name in a row is a viewer who sees; whoever owns a thing always does and stands in no row.
"""

from domain.visibility import Scope

VISITORS = ("visitor", "crawler", "ai-bot", "signed-out", "misused-token")
"""Nobody known: with or without a good name for themselves, with an old session, with a feed's token for a session."""
OUTSIDE = ("nina", "sven", "silas")
"""Signed in, belonging to both SIGs, Nina and Silas connected with every owner and on all their lists, and yet no more
than visitors: Nina has not confirmed, the others are suspended."""
STRANGERS = ("tariq", "edo", "stella", "connie", "lise")
"""Members who belong to no SIG. Edo has left the closed ones, Stella is staff, Connie is connected with every owner,
Lise stands on the list of each."""
BLOCKED = ("bruno", "brenda")
"""Members of both SIGs whom nothing but a block keeps out: connected with every owner and on all their lists. All
owners block Bruno; Brenda blocks all of them."""
INSIDE = (*STRANGERS, "joost", "bodil", "lin", "amara", "olga", *BLOCKED)
BEARERS = {"bearer": "bodil", "barred-bearer": "sven"}
"""Programs without a session that know a private feed address, and whose eyes it lends them in feeds, only there."""
VIEWERS = (*VISITORS, *OUTSIDE, *INSIDE, *BEARERS)
"""Olga is an owner herself: of entries for herself alone, and of what was said and taken back."""

ALL = frozenset((*VISITORS, *OUTSIDE, *INSIDE))
MEMBERS = frozenset(INSIDE).difference(BLOCKED)
"""Members as the owners of entries have them."""
TURNAROUND = frozenset({"joost", "lin", "amara", "olga", *BLOCKED})
BOARDROOM = frozenset({"bodil", "lin", "amara", "olga", *BLOCKED})
VAULT = frozenset({"amara", "bodil"})
"""Those of the viewers who belong to the SIG whose very existence is hidden."""
STAFF = frozenset({"stella"})
NOBODY: frozenset[str] = frozenset()

ENTRY_READERS = {
    "everyone": ALL,
    "members": MEMBERS,
    "my-sigs": MEMBERS & (TURNAROUND | BOARDROOM),
    "sig:turnaround": MEMBERS & TURNAROUND,
    "sig:boardroom": MEMBERS & BOARDROOM,
    "connections": frozenset({"connie"}),
    "list": frozenset({"lise"}),
    "only-me": NOBODY,
}
"""Readers of an entry of a settled member of both SIGs, beside the owner."""

STATES = ("settled", "page-off", "suspended", "unconfirmed", "left")
"""What the owner of an entry may be: settled; public page off; suspended; unconfirmed; one who left the Boardroom."""

MIXED = (("withdrawn", "everyone"), ("nameless", "everyone"), ("nameless", "members"), ("shy", "everyone"))
"""More owners: one who was public and switched it off, some who keep their name back, one whose circles are shut."""

KEPT_BACK = {"nameless": ("name",), "shy": ("photo", "membership", "connections", "contributions", "scraps")}
"""Kinds of entry that these owners keep to themselves."""

NEEDS_A_NAME = ("photo", "connections", "contributions", "scraps")
"""Kinds of entry that tell who somebody is: no page shows them to who does not see the name."""

VAULTED = (
    "settled members-owner",
    "settled my-sigs-owner",
    "settled sig:boardroom-owner",
    "nameless everyone-owner",
)
"""Owners who belong to the hidden SIG, too."""

CONTACT = ("email", "phone")
"""Only Members see Members' contact data, whatever was once chosen."""

NEVER_PUBLIC = (*CONTACT, "scraps")
"""Kinds of entry that are for members at the widest."""

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
    if state in {"suspended", "unconfirmed"} or kind in KEPT_BACK.get(state, ()):
        return NOBODY
    if state == "nameless" and kind in NEEDS_A_NAME:
        return NOBODY
    if audience == "everyone" and (state in {"page-off", "withdrawn"} or kind in NEVER_PUBLIC):
        return MEMBERS
    if state == "left" and audience == "sig:boardroom":
        return NOBODY
    if state == "left" and audience == "my-sigs":
        return ENTRY_READERS["sig:turnaround"]
    return ENTRY_READERS[audience]


READERS_OF_SIG = {"turnaround": ALL, "boardroom": BOARDROOM, "vault": VAULT | frozenset(VAULTED)}
"""Readers of what is said in a SIG; an author sees what is left of their own words for good."""


def readers_of_vault_membership(audience: str) -> frozenset[str]:
    """Who sees on a page that its owner belongs to the hidden SIG: they know of it and may see the entry. An audience
    of which only some may know of it is left to the owner."""
    return VAULT if audience in {"everyone", "members", "my-sigs"} else NOBODY


STAND_INS = {
    "settled": "olga",
    "page-off": "olga",
    "withdrawn": "olga",
    "nameless": "olga",
    "shy": "olga",
    "suspended": "sven",
    "unconfirmed": "nina",
    "left": "joost",
    **BEARERS,
}
"""Whose eyes each kind of owner has for what belongs to others, and each bearer of a feed's token."""


def stand_in(viewer: str) -> str:
    """The viewer of the tables with whose eyes somebody looks at other people's things."""
    return STAND_INS.get(viewer.partition(" ")[0], viewer)
