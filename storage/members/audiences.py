"""Who will see it: the audiences that a member can choose, each with the number of people whose ring it opens to."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import ENTRY_RULES, AudienceOption, EntryKind
from domain.visibility import ALL_MEMBERS, CONNECTIONS, EVERYONE, MY_SIGS, ONLY_ME, Audience, Owner, Scope
from storage.database import fetch_all
from storage.members.memberships import opens_to_all_people
from storage.tables import Block, Connection, ListPerson, Member, Membership, OwnList, Sig


@dataclass(frozen=True, slots=True)
class Offer:
    """One audience that a member may choose. `people` counts who will see it, the member included; None: everyone,
    which is nobody but members while the public page is off."""

    audience: Audience
    people: int | None
    name: str | None = None


async def list_offers(connection: AsyncConnection, owner: Owner) -> tuple[Offer, ...]:
    """Every audience on offer to this member, in the order of the form. Only people in good standing hold keys."""
    members = await connection.scalar(select(func.count()).select_from(Member).where(_sees(owner)))
    sigs = await _count_by_sig(connection, owner)
    return (
        Offer(EVERYONE, None if owner.has_public_page else members or 0),
        Offer(ALL_MEMBERS, members or 0),
        Offer(MY_SIGS, await _count_mates(connection, owner)),
        *sigs,
        Offer(CONNECTIONS, await _count_connections(connection, owner) + 1),
        *await _count_by_list(connection, owner),
        Offer(ONLY_ME, 1),
    )


def _sees(owner: Owner) -> ColumnElement[bool]:
    """Who holds the keys of their circles, and the owner, who always sees; nobody with whom there is a block."""
    return (Member.c.in_good_standing & ~_is_shut(owner)) | (Member.c.member_id == owner.member_id)


def _is_shut(owner: Owner) -> ColumnElement[bool]:
    """Between this member and the owner there is a block, whoever made it."""
    theirs = (Block.c.member_id == Member.c.member_id) & (Block.c.other_id == owner.member_id)
    own = (Block.c.member_id == owner.member_id) & (Block.c.other_id == Member.c.member_id)
    return exists(select(1).where(theirs | own).correlate_except(Block.table))


def _is_known(owner: Owner) -> ColumnElement[bool]:
    """Of whose membership the owner may know: a number must not tell of those who hide theirs."""
    shown = opens_to_all_people(Membership.c.member_id, Membership.c.sig_id)
    return shown | (Membership.c.member_id == owner.member_id)


async def _count_by_sig(connection: AsyncConnection, owner: Owner) -> list[Offer]:
    statement = (
        select(Sig.c.sig_id, Sig.c.name, func.count())
        .join(Membership, Membership.c.sig_id == Sig.c.sig_id)
        .join(Member, Member.c.member_id == Membership.c.member_id)
        .where(Sig.c.sig_id.in_(owner.sig_ids), _sees(owner), _is_known(owner))
        .group_by(Sig.c.sig_id, Sig.c.name)
    )
    rows = sorted(await fetch_all(connection, statement), key=lambda row: (row.name.casefold(), row.sig_id))
    return [Offer(Audience(Scope.SIG, sig_id), people, name) for sig_id, name, people in rows]


async def _count_mates(connection: AsyncConnection, owner: Owner) -> int:
    people = (
        select(func.count(func.distinct(Membership.c.member_id)))
        .join(Member, Member.c.member_id == Membership.c.member_id)
        .where(Membership.c.sig_id.in_(owner.sig_ids - owner.hidden_sig_ids), _sees(owner), _is_known(owner))
    )
    return max(1, (await connection.execute(people)).scalar_one())


async def _count_connections(connection: AsyncConnection, owner: Owner) -> int:
    statement = (
        select(func.count())
        .select_from(Connection.table.join(Member.table, Member.c.member_id == Connection.c.other_id))
        .where(Connection.c.member_id == owner.member_id, _sees(owner))
    )
    return (await connection.execute(statement)).scalar_one()


async def _count_by_list(connection: AsyncConnection, owner: Owner) -> list[Offer]:
    standing = func.count(Member.c.member_id)
    statement = (
        select(OwnList.c.list_id, OwnList.c.name, standing)
        .outerjoin(ListPerson, ListPerson.c.list_id == OwnList.c.list_id)
        .outerjoin(Member, (Member.c.member_id == ListPerson.c.member_id) & _sees(owner))
        .where(OwnList.c.member_id == owner.member_id)
        .group_by(OwnList.c.list_id, OwnList.c.name)
    )
    rows = sorted(await fetch_all(connection, statement), key=lambda row: (row.name.casefold(), row.list_id))
    return [Offer(Audience(Scope.LIST, list_id), people + 1, name) for list_id, name, people in rows]


def options_for(kind: EntryKind, chosen: str, offers: Iterable[Offer]) -> tuple[AudienceOption, ...]:
    """The offers for one kind of entry. What is stored and no longer on offer, such as a SIG that was left, opens
    nothing, and is shown as that."""
    may_be_public = ENTRY_RULES[kind].may_be_public
    offered = [offer for offer in offers if may_be_public or offer.audience != EVERYONE]
    if chosen not in {str(offer.audience) for offer in offered}:
        chosen = str(ONLY_ME)
    return tuple(_option(offer, chosen=str(offer.audience) == chosen) for offer in offered)


def option_of(audience: Audience, offers: Iterable[Offer]) -> AudienceOption | None:
    """One of the offers as it is asked about, with how many that are."""
    return next((_option(offer, chosen=True) for offer in offers if offer.audience == audience), None)


def _option(offer: Offer, *, chosen: bool) -> AudienceOption:
    return AudienceOption(
        value=str(offer.audience), scope=offer.audience.scope, name=offer.name, people=offer.people, chosen=chosen
    )


def names_of(offers: Iterable[Offer]) -> dict[Audience, str]:
    """What the member's own SIGs and lists are called."""
    return {offer.audience: offer.name for offer in offers if offer.name is not None}
