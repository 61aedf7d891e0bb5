"""References: what names a person in a member's own lists and forms, also where the member may no longer know who it
is. The address of a page would tell; a keyed hash of both ids tells nothing, and is worked out anew when it comes back.
"""

from collections.abc import Iterable

from storage.secrets import Seal

_LENGTH = 12
"""Bytes of the hash: enough that nobody guesses one, and that no two people of a list share one."""


def reference_of(seal: Seal, member_id: int, other_id: int) -> str:
    """What names this person in the forms of this member."""
    return seal.hash("person", str(member_id), str(other_id))[:_LENGTH].hex()


def find_referred(seal: Seal, member_id: int, reference: str, other_ids: Iterable[int]) -> int | None:
    """Which of these people a member's form names; None for anybody else."""
    return next((other for other in other_ids if reference_of(seal, member_id, other) == reference), None)
