"""One's own page through other eyes: the page that another ring gets, read by the same function.

Nothing is written and nothing is made for anybody. Of other people it shows no more than the owner may see as well.
"""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.exposure import Looker, LookerOption, ViewAsPage
from domain.members import EntryKind, MemberPage
from domain.refusals import Reason, Refused
from domain.visibility import MEMBERS, PUBLIC, VISITOR, Key, Scope, Viewer, connection_key, list_key, sig_key
from storage.database import Database, fetch_all
from storage.key_sets import opens_towards
from storage.members.audiences import list_offers
from storage.members.keys import find_owner
from storage.members.page import read_member_page
from storage.members.people import find_other
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.tables import Entry, Member


@dataclass(frozen=True, slots=True)
class Asked:
    """Through whose eyes: a kind of viewer, with the id of a SIG or list, or the address of a person's page."""

    looker: Looker
    of: int | None = None
    address: str = ""

    @property
    def value(self) -> str:
        """How addresses write it, `sig:7`."""
        return self.looker.value if self.of is None else f"{self.looker.value}:{self.of}"

    @classmethod
    def parse(cls, text: str, address: str = "") -> "Asked":
        """Read it from an address. Raises ValueError on anything else."""
        looker, _, of = text.partition(":")
        if of and not (of.isascii() and of.isdigit() and len(of) < 16):
            raise ValueError("not somebody's eyes")
        asked = cls(Looker(looker), int(of) if of else None, address)
        if (asked.looker in {Looker.SIG, Looker.LIST}) != bool(of):
            raise ValueError("not somebody's eyes")
        return asked


async def find_view_as(database: Database, seal: Seal, owner: Viewer, asked: Asked) -> ViewAsPage | None:
    """The owner's page as somebody else gets it; None for a SIG or a list that is not theirs."""
    member_id = owner.member_id or 0
    async with database.reading() as connection:
        public_id = await _public_id(connection, member_id)
        options = await _options(connection, member_id, asked)
        chosen = next((option for option in options if option.chosen), None)
        viewer = await _viewer(connection, owner, asked)
        if chosen is None:
            return None
        page = None if viewer is None else await read_member_page(connection, seal, viewer, public_id, owner.ring)
    return ViewAsPage(
        options=options,
        looker=chosen,
        address=public_id,
        asked=asked.address,
        person=page if isinstance(page, MemberPage) else None,
        is_gone=isinstance(page, Refused) and page.reason is Reason.GONE,
        is_unknown=viewer is None,
    )


async def find_page_of_visitor(database: Database, seal: Seal, member_id: int) -> tuple[str, MemberPage | Refused]:
    """The address of a member's page, and what a visitor is answered there."""
    async with database.reading() as connection:
        public_id = await _public_id(connection, member_id)
        return public_id, await read_member_page(connection, seal, VISITOR, public_id)


async def _public_id(connection: AsyncConnection, member_id: int) -> str:
    statement = select(Member.c.public_id).where(Member.c.member_id == member_id)
    public_id: str = (await connection.execute(statement)).scalar_one()
    return public_id


_PLAIN = (Looker.VISITOR, Looker.SEARCH_ENGINE, Looker.MEMBER, Looker.CONNECTION)
_SCOPES = {Scope.SIG: Looker.SIG, Scope.LIST: Looker.LIST}


async def _options(connection: AsyncConnection, member_id: int, asked: Asked) -> tuple[LookerOption, ...]:
    offers = await list_offers(connection, await find_owner(connection, member_id))
    circles = [(Asked(_SCOPES[offer.audience.scope], offer.audience.of), offer.name) for offer in offers if offer.name]
    found = [
        *((Asked(one), None) for one in _PLAIN),
        *circles,
        (Asked(Looker.PERSON), None),
        (Asked(Looker.MAIL), None),
    ]
    return tuple(
        LookerOption(value=one.value, looker=one.looker, name=name, chosen=one.value == asked.value)
        for one, name in found
    )


async def _viewer(connection: AsyncConnection, owner: Viewer, asked: Asked) -> Viewer | None:
    """The viewer with these eyes; a person only if the owner may know of them."""
    if asked.looker is Looker.PERSON:
        return await _find_person(connection, owner, asked.address)
    if asked.looker in {Looker.VISITOR, Looker.SEARCH_ENGINE}:
        return VISITOR
    member_id = owner.member_id or 0
    keys: dict[Looker, Key] = {Looker.CONNECTION: connection_key(member_id)}
    if asked.of is not None:
        keys |= {Looker.SIG: sig_key(asked.of), Looker.LIST: list_key(asked.of)}
    more = {keys[asked.looker]} if asked.looker in keys else set()
    return Viewer(None, frozenset({PUBLIC, MEMBERS, *more}), owner.sig_names)


async def _find_person(connection: AsyncConnection, owner: Viewer, address: str) -> Viewer | None:
    """A named person, without the SIGs of which the owner may not know that they are in them: what a page shows would
    tell."""
    found = await find_other(connection, owner, address.strip().rstrip("/").rpartition("/")[2])
    viewer = await find_viewer(connection, found[0]) if found else None
    if viewer is None:
        return None
    memberships = select(Entry.c.position).where(
        Entry.c.member_id == viewer.member_id,
        Entry.c.kind == EntryKind.MEMBERSHIP,
        Entry.c.value != "",
        opens_towards(Entry.c.member_id, Entry.c.key_set_id, owner.ring),
    )
    known = {sig_key(row.position) for row in await fetch_all(connection, memberships)}
    return replace(
        viewer, ring=frozenset(key for key in viewer.ring if not key.startswith(("sig:", "mod:")) or key in known)
    )
