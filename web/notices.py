"""Notices from events: which event tells whom, and where each notice leads."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from domain.notices import NoticeKind, NoticeLine
from storage.database import Database
from storage.events import Happened
from storage.notices.making import (
    Occasion,
    forget_told,
    list_acted_on,
    list_answered,
    list_deciding,
    list_invited,
    list_judged,
    list_judging,
    list_mentioned,
    list_offered,
    list_scrapped,
    tell,
)
from web.house import Consumer, House


async def tell_of_post(house: House, event: Happened) -> None:
    """Tell whom a reply answers; then whom a post names, or an edit of it is the first to name."""
    post_id = event.ids["post_id"]
    if event.name == "post.written":
        await tell(house.database, event, await list_answered(house.database, post_id), house.clock())
    named = await list_mentioned(house.database, event, house.settings.site_url)
    await tell(house.database, event, named, house.clock())


async def tell_of_undoing(house: House, event: Happened) -> None:
    """Tell that an act was undone, in place of what was told of it."""
    act_id = event.ids["act_id"]
    await forget_told(house.database, act_id, event.event_id)
    await tell(house.database, event, await list_acted_on(house.database, act_id), house.clock())


def _tells(find: Callable[[Database, int], Awaitable[list[Occasion]]], name: str) -> tuple[Consumer, ...]:
    """A consumer that looks up whom to tell by the id of this name."""

    async def consume(house: House, event: Happened) -> None:
        await tell(house.database, event, await find(house.database, event.ids[name]), house.clock())

    return (consume,)


def _tells_member(kind: NoticeKind, *, whom: str = "member_id", actor: str | None = None) -> tuple[Consumer, ...]:
    """A consumer that tells the member whom the event itself names."""

    async def consume(house: House, event: Happened) -> None:
        ids = event.ids
        occasion = Occasion(ids[whom], kind, ids[actor] if actor else None, sig_id=ids.get("sig_id"))
        await tell(house.database, event, [occasion], house.clock())

    return (consume,)


CONSUMERS: Final[Mapping[str, tuple[Consumer, ...]]] = {
    "thread.started": (tell_of_post,),
    "post.written": (tell_of_post,),
    "post.edited": (tell_of_post,),
    "scrap.written": _tells(list_scrapped, "scrap_id"),
    "scrap.released": _tells(list_scrapped, "scrap_id"),
    "request.made": _tells_member(NoticeKind.REQUEST, whom="other_id", actor="member_id"),
    "request.accepted": _tells_member(NoticeKind.ACCEPTED, whom="other_id", actor="member_id"),
    "sig.invited": _tells(list_invited, "invitation_id"),
    "sig.join_asked": _tells(list_deciding, "case_id"),
    "sig.admitted": _tells_member(NoticeKind.ADMITTED),
    "sig.turned_down": _tells_member(NoticeKind.TURNED_DOWN),
    "sig.role_changed": _tells_member(NoticeKind.ROLE),
    "sig.succeeded": _tells_member(NoticeKind.ROLE),
    "sig.offered": _tells(list_offered, "sig_id"),
    "case.made": _tells(list_deciding, "case_id"),
    "act.done": _tells(list_acted_on, "act_id"),
    "act.undone": (tell_of_undoing,),
    "appeal.made": _tells(list_judging, "appeal_id"),
    "appeal.decided": _tells(list_judged, "appeal_id"),
}
"""Who is told of which event."""


def path_of(line: NoticeLine) -> str:
    """Where a notice leads."""
    match line.kind:
        case NoticeKind.REPLY | NoticeKind.MENTION:
            return f"/posts/{line.post_id}"
        case NoticeKind.SCRAP:
            return f"/scraps/{line.scrap_id}"
        case NoticeKind.REQUEST:
            return "/connections"
        case NoticeKind.ACCEPTED:
            return f"/people/{line.actor.address}" if line.actor and line.actor.address else "/connections"
        case NoticeKind.INVITATION:
            return "/invitations"
        case NoticeKind.QUEUE:
            return f"/cases/{line.case_id}" if line.case_id else f"/acts/{line.act_id}"
        case NoticeKind.ACT | NoticeKind.APPEAL:
            return f"/acts/{line.act_id}"
        case _:
            return f"/sigs/{line.sig_slug}" if line.sig_slug else "/notices"
