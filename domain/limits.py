"""How often a member may do something that others have to read or answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Action(StrEnum):
    """What is limited."""

    POST = "post"
    SCRAP = "scrap"
    REQUEST = "request"
    INVITE = "invite"
    GIVE_ROLE = "give-role"
    OFFER = "offer"
    REPORT = "report"
    APPEAL = "appeal"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many times within a window."""

    times: int
    window: timedelta


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

RATES: Mapping[Action, Rate] = {
    Action.POST: Rate(60, _HOUR),
    Action.SCRAP: Rate(30, _HOUR),
    Action.REQUEST: Rate(40, _DAY),
    Action.INVITE: Rate(60, _DAY),
    Action.GIVE_ROLE: Rate(40, _DAY),
    Action.OFFER: Rate(20, _DAY),
    Action.REPORT: Rate(20, _HOUR),
    Action.APPEAL: Rate(10, _DAY),
    Action.UPLOAD: Rate(200, _HOUR),
}
"""Wide for a person, narrow for a program."""
