"""The planted world as everything else here knows it: the cast's, its canaries, and the addresses of its things."""

from dataclasses import dataclass, field
from pathlib import Path

from domain.visibility import Viewer, member_ring
from tests.cast import World
from tests.leaks.canaries import Cage


@dataclass
class Planted:
    """The planted world. `files` is the folder in which photos lie; the other names say whose or what for."""

    world: World
    files: Path
    cage: Cage = field(default_factory=Cage)
    sessions: dict[str, str] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    threads: dict[str, int] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)
    vault: str = ""
    guild: str = ""
    hidden_community: str = ""
    mail_tokens: dict[str, str] = field(default_factory=dict)
    feed_tokens: dict[str, str] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, int] = field(default_factory=dict)
    scraps: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    doors: dict[str, str] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)
    keepsakes: dict[str, int] = field(default_factory=dict)
    notices: dict[str, list[int]] = field(default_factory=dict)

    def good(self, name: str) -> Viewer:
        """The viewer that somebody was before they were suspended or had left: to let them write."""
        member_id, sigs = self.world[name].member_id, self.world.sigs
        ids = [sigs["turnaround"], sigs["boardroom"]]
        return Viewer(member_id, member_ring(member_id, in_good_standing=True, sig_ids=ids))

    def in_vault(self, name: str = "amara") -> Viewer:
        """The viewer that somebody is who belongs to the hidden SIG as well."""
        member_id, sigs = self.world[name].member_id, self.world.sigs
        ids = [sigs["turnaround"], sigs["boardroom"], sigs["vault"]]
        return Viewer(member_id, member_ring(member_id, in_good_standing=True, sig_ids=ids))
