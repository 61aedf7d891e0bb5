"""Who may reach a member, and by which channel: what they chose, or the default of the channel."""

from collections.abc import Mapping

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.channels import CHANNEL_RULES, Channel, ChannelInput, ChannelsPage, refuse_channel
from domain.members import AudienceOption
from domain.refusals import Reason, Refused
from domain.visibility import ONLY_ME, Audience, Viewer
from storage.database import Database, fetch_all, fetch_one, insert_into
from storage.members.audiences import Offer, list_offers
from storage.members.keys import find_owner, hold_owner
from storage.tables import Block
from storage.tables import Channel as Choice


async def refuse_to_reach(
    connection: AsyncConnection, viewer: Viewer, owner_id: int, channel: Channel
) -> Refused | None:
    """Whether this viewer may not reach a member by this channel. A block refuses as every other no does, also one
    that was made since the viewer's ring was read."""
    block = Block.c
    me = viewer.member_id or 0
    between = or_(
        (block.member_id == me) & (block.other_id == owner_id), (block.member_id == owner_id) & (block.other_id == me)
    )
    chosen = select(Choice.c.audience).where(Choice.c.member_id == owner_id, Choice.c.channel == channel.value)
    row = await fetch_one(
        connection, select(chosen.scalar_subquery().label("audience"), exists().where(between).label("is_blocked"))
    )
    audience = Audience.parse(row.audience) if row.audience else CHANNEL_RULES[channel].default
    refused = refuse_channel(viewer, await find_owner(connection, owner_id), audience)
    return refused or (Refused(Reason.NOT_REACHABLE) if row.is_blocked else None)


async def waits(connection: AsyncConnection, owner_id: int, channel: Channel) -> bool:
    """Whether what comes by this channel waits until its owner has looked at it."""
    statement = select(Choice.c.waits).where(Choice.c.member_id == owner_id, Choice.c.channel == channel.value)
    return bool(await connection.scalar(statement))


async def find_channels_page(database: Database, member_id: int, *, saved: bool = False) -> ChannelsPage:
    """Who may reach this member, channel by channel, with the number of people of each audience on offer."""
    async with database.reading() as connection:
        owner = await find_owner(connection, member_id)
        offers = await list_offers(connection, owner)
        statement = select(Choice.c.channel, Choice.c.audience, Choice.c.waits).where(Choice.c.member_id == member_id)
        chosen = {Channel(row.channel): (row.audience, row.waits) for row in await fetch_all(connection, statement)}
    inputs = []
    for channel, rule in CHANNEL_RULES.items():
        audience, waiting = chosen.get(channel, (str(rule.default), False))
        inputs.append(
            ChannelInput(
                channel=channel,
                options=_options(channel, audience, offers),
                can_wait=rule.can_wait,
                waits=waiting,
            )
        )
    return ChannelsPage(channels=tuple(inputs), saved=saved)


def _options(channel: Channel, chosen: str, offers: tuple[Offer, ...]) -> tuple[AudienceOption, ...]:
    """What is stored and no longer on offer, such as a SIG that was left, opens to nobody and is shown as that."""
    offered = [offer for offer in offers if offer.audience.scope in CHANNEL_RULES[channel].scopes]
    if chosen not in {str(offer.audience) for offer in offered}:
        chosen = str(ONLY_ME)
    return tuple(
        AudienceOption(
            value=str(offer.audience),
            scope=offer.audience.scope,
            name=offer.name,
            people=offer.people,
            chosen=str(offer.audience) == chosen,
        )
        for offer in offered
    )


async def choose_channels(
    database: Database, member_id: int, audiences: Mapping[Channel, str], waiting: frozenset[Channel]
) -> Refused | None:
    """Keep who may reach this member; all of it, or nothing where one audience is not on offer."""
    async with database.writing() as connection:
        owner = await hold_owner(connection, member_id)
        offered = {offer.audience for offer in await list_offers(connection, owner)}
        chosen = {channel: _parse(text) for channel, text in audiences.items()}
        for channel, audience in chosen.items():
            if audience is None or audience not in offered or audience.scope not in CHANNEL_RULES[channel].scopes:
                return Refused(Reason.INVALID)
        for channel, audience in chosen.items():
            can_wait = CHANNEL_RULES[channel].can_wait
            values = {"audience": str(audience), "waits": can_wait and channel in waiting}
            row = {"member_id": member_id, "channel": channel.value, **values}
            keeping = insert_into(connection, Choice).values(row)
            await connection.execute(
                keeping.on_conflict_do_update(index_elements=["member_id", "channel"], set_=values)
            )
    return None


def _parse(text: str) -> Audience | None:
    try:
        return Audience.parse(text)
    except ValueError:
        return None
