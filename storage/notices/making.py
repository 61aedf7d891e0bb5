"""Events become notices: for whom, of which kind, and about what.

Consumers get an event at least once; a notice is there once for each member, kind and event. Nobody is told of their
own acts. A new notice is read at once, in its own transaction, as its member would read it: what does not open to them
at this moment, be it for keys, a block or a mute, is taken back before anybody could count it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.channels import Channel
from domain.notices import MailState, NoticeKind, mail_moment
from domain.sigs import MODERATING
from storage.channels import refuse_to_reach
from storage.database import Database, fetch_all, fetch_one, insert_into
from storage.events import Happened
from storage.moderation.places import list_judges, sig_of_act
from storage.notices.choices import find_choices
from storage.notices.reading import among, fetch_visible, visible_notices
from storage.rings import find_viewer
from storage.tables import (
    Act,
    Appeal,
    Case,
    Invitation,
    Member,
    Membership,
    Mention,
    Notice,
    OwnershipOffer,
    Post,
    Scrap,
    Thread,
)

MOST_MENTIONED = 20
"""How many people one post can tell that it names them, over all its edits."""

_NEW = among(visible_notices())
_Answered = Post.table.alias()
_AnsweredScrap = Scrap.table.alias()


@dataclass(frozen=True, slots=True)
class Occasion:
    """A notice that may be due: for whom, and the ids of what it is about."""

    member_id: int
    kind: NoticeKind
    actor_id: int | None = None
    post_id: int | None = None
    scrap_id: int | None = None
    sig_id: int | None = None
    act_id: int | None = None
    case_id: int | None = None


async def tell(database: Database, event: Happened, occasions: Iterable[Occasion], now: datetime) -> None:
    """Make the notices that are not there yet and that open to their members. One transaction each, so that many of
    them never keep others from writing."""
    for occasion in occasions:
        if occasion.member_id != occasion.actor_id:
            async with database.writing() as connection:
                await _tell(connection, event, occasion, now)


async def _tell(connection: AsyncConnection, event: Happened, occasion: Occasion, now: datetime) -> None:
    viewer = await find_viewer(connection, occasion.member_id)
    if viewer is None or not await _is_first(connection, occasion) or await _is_unseen(connection, occasion):
        return
    choices = await find_choices(connection, occasion.member_id)
    mail_at = mail_moment(choices[occasion.kind], event.happened_at, now)
    values = asdict(occasion) | {
        "kind": occasion.kind.value,
        "event_id": event.event_id,
        "made_at": event.happened_at,
        "mail": (MailState.DUE if mail_at else MailState.OFF).value,
        "mail_at": mail_at,
        "attempts": 0,
    }
    adding = insert_into(connection, Notice).values(values).on_conflict_do_nothing().returning(Notice.c.notice_id)
    notice_id = (await connection.execute(adding)).scalar()
    if notice_id is None:
        return
    if not await fetch_visible(connection, _NEW, viewer, now, notice_ids=[notice_id]):
        await connection.execute(delete(Notice).where(Notice.c.notice_id == notice_id))


async def _is_first(connection: AsyncConnection, occasion: Occasion) -> bool:
    """A case is told of once, whichever events tell of it; so is a scrap that waited first, and a post to one whom it
    both answers and names."""
    same = select(Notice.c.notice_id).where(Notice.c.member_id == occasion.member_id)
    if occasion.case_id is not None:
        same = same.where(Notice.c.case_id == occasion.case_id)
    elif occasion.kind is NoticeKind.SCRAP:
        same = same.where(Notice.c.scrap_id == occasion.scrap_id)
    elif occasion.kind is NoticeKind.MENTION:
        same = same.where(Notice.c.post_id == occasion.post_id)
    else:
        return True
    return await fetch_one(connection, same) is None


async def _is_unseen(connection: AsyncConnection, occasion: Occasion) -> bool:
    """Whether the same was told and not looked at yet: who asks, takes it back and asks again is heard once. One whose
    mail was never sent gives its place to the new one, so that whoever reads mail alone hears of it too."""
    named = {**asdict(occasion), "kind": occasion.kind.value}
    same = and_(Notice.c.seen_at.is_(None), *(Notice.c[name].is_not_distinct_from(one) for name, one in named.items()))
    await connection.execute(delete(Notice).where(same, Notice.c.mail == MailState.DROPPED.value))
    return await fetch_one(connection, select(Notice.c.notice_id).where(same)) is not None


# Talk.


async def list_answered(database: Database, post_id: int) -> list[Occasion]:
    """Whom a reply answers: who wrote the post that it is in answer to, and who opened the thread."""
    statement = (
        select(Post.c.member_id, Thread.c.member_id.label("starter_id"), _Answered.c.member_id.label("answered_id"))
        .join(Thread, Thread.c.thread_id == Post.c.thread_id)
        .outerjoin(_Answered, _Answered.c.post_id == Post.c.reply_to_id)
        .where(Post.c.post_id == post_id)
    )
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
    if row is None:
        return []
    told = dict.fromkeys(member_id for member_id in (row.answered_id, row.starter_id) if member_id is not None)
    return [Occasion(member_id, NoticeKind.REPLY, row.member_id, post_id=post_id) for member_id in told]


async def list_mentioned(database: Database, event: Happened, site_url: str) -> list[Occasion]:
    """Whom a post names by a link to their page since this event, and who let its author reach them that way. Who was
    named by it before is not told again; what stands nowhere yet, or no more, names nobody."""
    post_id = event.ids["post_id"]
    stands = (Post.c.post_id == post_id) & Post.c.number.is_not(None) & Post.c.deleted_at.is_(None)
    finding = select(Post.c.member_id, Post.c.html).where(stands, Post.c.hidden_at.is_(None))
    async with database.reading() as connection:  # most posts name nobody, and nobody is to wait for that
        row = await fetch_one(connection, finding)
    if row is None or not _linked_people(row.html, site_url):
        return []
    async with database.writing() as connection:
        row = await fetch_one(connection, finding)
        addresses = _linked_people(row.html, site_url) if row and row.member_id else []
        viewer = await find_viewer(connection, row.member_id) if addresses else None
        if viewer is None:
            return []
        named = await _note_named(connection, event, addresses, besides=row.member_id)
        reached = [
            member_id
            for member_id in named
            if await refuse_to_reach(connection, viewer, member_id, Channel.MENTION) is None
        ]
    return [Occasion(member_id, NoticeKind.MENTION, row.member_id, post_id=post_id) for member_id in reached]


async def _note_named(connection: AsyncConnection, event: Happened, addresses: list[str], *, besides: int) -> list[int]:
    """Note whom a post names that it did not name before, as long as they are not too many with those; who was noted
    by this event. An event that comes again finds the same."""
    post_id = event.ids["post_id"]
    known = await fetch_all(connection, select(Mention.c.member_id).where(Mention.c.post_id == post_id))
    named = select(Member.c.member_id, Member.c.public_id).where(Member.c.public_id.in_(addresses))
    found = {row.public_id: row.member_id for row in await fetch_all(connection, named)}
    people = [found[address] for address in addresses if address in found]
    new = [one for one in people if one != besides and one not in {row.member_id for row in known}]
    for member_id in new[: max(MOST_MENTIONED - len(known), 0)]:
        row = {"post_id": post_id, "member_id": member_id, "event_id": event.event_id}
        await connection.execute(insert_into(connection, Mention).values(row).on_conflict_do_nothing())
    noted = select(Mention.c.member_id).where(Mention.c.post_id == post_id, Mention.c.event_id == event.event_id)
    return [row.member_id for row in await fetch_all(connection, noted.order_by(Mention.c.member_id))]


def _linked_people(html: str, site_url: str) -> list[str]:
    """The addresses of people's pages that are linked to, in their order, each once."""
    links = re.findall(rf'href="(?:{re.escape(site_url.rstrip("/"))})?/people/([\w-]+)["/?#]', html, re.ASCII)
    return list(dict.fromkeys(links))[:_MOST_LINKED]


_MOST_LINKED = 200
"""Links to people that are looked at: those named before an edit stand among them."""


async def list_scrapped(database: Database, scrap_id: int) -> list[Occasion]:
    """Whom a scrap concerns: whose page it is on, and whom it answers."""
    statement = (
        select(Scrap.c.member_id, Scrap.c.owner_id, _AnsweredScrap.c.member_id.label("answered_id"))
        .outerjoin(_AnsweredScrap, _AnsweredScrap.c.scrap_id == Scrap.c.reply_to_id)
        .where(Scrap.c.scrap_id == scrap_id)
    )
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
    if row is None or row.member_id is None:
        return []
    told = dict.fromkeys(member_id for member_id in (row.owner_id, row.answered_id) if member_id is not None)
    return [Occasion(member_id, NoticeKind.SCRAP, row.member_id, scrap_id=scrap_id) for member_id in told]


# SIGs and their order.


async def list_invited(database: Database, invitation_id: int) -> list[Occasion]:
    """Who was asked into a SIG."""
    statement = select(Invitation.c.member_id, Invitation.c.from_id, Invitation.c.sig_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, statement.where(Invitation.c.invitation_id == invitation_id))
    if row is None:
        return []
    return [Occasion(row.member_id, NoticeKind.INVITATION, row.from_id, sig_id=row.sig_id)]


async def list_offered(database: Database, sig_id: int) -> list[Occasion]:
    """To whom a SIG is offered."""
    statement = select(OwnershipOffer.c.to_id, OwnershipOffer.c.from_id).where(OwnershipOffer.c.sig_id == sig_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
    return [] if row is None else [Occasion(row.to_id, NoticeKind.OFFER, row.from_id, sig_id=sig_id)]


async def list_deciding(database: Database, case_id: int) -> list[Occasion]:
    """Who may decide a case, but for the person whom it concerns."""
    statement = select(Case.c.sig_id, Case.c.member_id).where(Case.c.case_id == case_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
        deciding = await _deciders(connection, row.sig_id) if row else []
    return [
        Occasion(member_id, NoticeKind.QUEUE, sig_id=row.sig_id, case_id=case_id)
        for member_id in deciding
        if member_id != row.member_id
    ]


async def list_judging(database: Database, appeal_id: int) -> list[Occasion]:
    """Who may decide an appeal: whoever acted does not, and where nobody else is left the staff do."""
    async with database.reading() as connection:
        row = await _act_of_appeal(connection, appeal_id)
        if row is None:
            return []
        among_us = await list_judges(connection, row.act_id)
        deciding = among_us or set(await _deciders(connection, None)) - {row.actor_id, row.member_id}
    values: Mapping[str, Any] = {"sig_id": row.counts_in, "act_id": row.act_id}
    return [Occasion(member_id, NoticeKind.QUEUE, **values) for member_id in sorted(deciding)]


async def _deciders(connection: AsyncConnection, sig_id: int | None) -> list[int]:
    if sig_id is None:
        statement = select(Member.c.member_id).where(Member.c.is_staff)
    else:
        roles = [role.value for role in MODERATING]
        statement = select(Member.c.member_id).join(Membership, Membership.c.member_id == Member.c.member_id)
        statement = statement.where(Membership.c.sig_id == sig_id, Membership.c.role.in_(roles))
    return sorted((await connection.execute(statement.where(Member.c.in_good_standing))).scalars())


async def _act_of_appeal(connection: AsyncConnection, appeal_id: int) -> Any:
    statement = select(Act.c.act_id, Act.c.sig_id, Act.c.actor_id, Act.c.member_id, sig_of_act().label("counts_in"))
    wanted = statement.join(Appeal, Appeal.c.act_id == Act.c.act_id).where(Appeal.c.appeal_id == appeal_id)
    return await fetch_one(connection, wanted)


async def list_acted_on(database: Database, act_id: int) -> list[Occasion]:
    """Whom an act concerns. They hear of it from the SIG: who of its moderators acted stands nowhere in a notice."""
    statement = select(Act.c.member_id, Act.c.actor_id, Act.c.sig_id).where(Act.c.act_id == act_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
    if row is None or row.member_id is None or row.member_id == row.actor_id:
        return []
    return [Occasion(row.member_id, NoticeKind.ACT, sig_id=row.sig_id, act_id=act_id)]


async def list_judged(database: Database, appeal_id: int) -> list[Occasion]:
    """Whose appeal was decided."""
    async with database.reading() as connection:
        row = await _act_of_appeal(connection, appeal_id)
    if row is None or row.member_id is None:
        return []
    return [Occasion(row.member_id, NoticeKind.APPEAL, sig_id=row.sig_id, act_id=row.act_id)]


async def forget_told(database: Database, act_id: int, before: int) -> None:
    """Take back what earlier events told of an act: the notice that it was undone says all there is to say."""
    async with database.writing() as connection:
        earlier = (Notice.c.kind == NoticeKind.ACT.value) & (Notice.c.act_id == act_id) & (Notice.c.event_id < before)
        await connection.execute(delete(Notice).where(earlier))
