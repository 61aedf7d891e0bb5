"""Channels: the ways in which one member can reach another, and who may use each.

A member chooses an audience for each channel, and the rule of visibility decides: whoever holds one of its keys
reaches them. A block closes every channel, and whoever is turned away learns no more than that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.members import AudienceOption
from domain.refusals import Reason, Refused
from domain.views import PageView, View
from domain.visibility import (
    ALL_MEMBERS,
    Audience,
    Owner,
    Ring,
    Scope,
    Viewer,
    keys_for,
    may_see,
    ring_towards,
)


class Channel(StrEnum):
    """One way to reach a member."""

    SCRAP = "scrap"
    REQUEST = "request"
    INVITATION = "invitation"
    MENTION = "mention"


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """Who may use a channel until its owner says otherwise, which audiences they can choose, and whether what comes
    can wait for their approval."""

    default: Audience
    scopes: frozenset[Scope]
    can_wait: bool = False


_CIRCLES = frozenset({Scope.MEMBERS, Scope.MY_SIGS, Scope.SIG, Scope.LIST, Scope.ONLY_ME})

CHANNEL_RULES: Mapping[Channel, ChannelRule] = {
    Channel.SCRAP: ChannelRule(ALL_MEMBERS, _CIRCLES | {Scope.CONNECTIONS}, can_wait=True),
    Channel.REQUEST: ChannelRule(ALL_MEMBERS, _CIRCLES),
    Channel.INVITATION: ChannelRule(ALL_MEMBERS, _CIRCLES | {Scope.CONNECTIONS}),
    Channel.MENTION: ChannelRule(ALL_MEMBERS, _CIRCLES | {Scope.CONNECTIONS}),
}
"""Only me means nobody. Connections need no request, and whoever is not a member reaches nobody."""


def refuse_channel(viewer: Viewer, owner: Owner, audience: Audience) -> Refused | None:
    """Whether the viewer may not use a channel that its owner opened to this audience."""
    if viewer.member_id is None:
        return Refused(Reason.SIGN_IN)
    if not viewer.is_member:
        return Refused(Reason.NOT_CONFIRMED)
    keys = keys_for(audience, owner, may_be_public=False)
    return None if may_see(keys, _ring(viewer, owner)) else Refused(Reason.NOT_REACHABLE)


def _ring(viewer: Viewer, owner: Owner) -> Ring:
    return ring_towards(viewer.ring, owner.member_id)


class ChannelInput(View):
    """One channel on its form: who may use it, and whether what comes waits where it can."""

    channel: Channel
    options: tuple[AudienceOption, ...]
    can_wait: bool
    waits: bool


class ChannelsPage(PageView, template="settings/channels.html"):
    """Who may reach the viewer."""

    channels: tuple[ChannelInput, ...]
    saved: bool = False
