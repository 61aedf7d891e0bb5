"""What a notice says to its member now: one statement that finds what still opens, and lines made from it.

Lists, counts, links and mails all ask here, so that none of them can tell of what the others would hide.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import MemberLine, Person, line_of_member
from domain.notices import LONGEST_EXCERPT, PERSONAL, NoticeKind, NoticeLine
from domain.sigs import Role
from domain.views import SafeHtml
from domain.visibility import STAFF, Viewer, mod_key
from storage.key_sets import RING, holds, opens
from storage.members.people import find_people
from storage.moderation.places import sig_of_act
from storage.plain_text import plain_text
from storage.scraps.keys import visible_scrap
from storage.tables import (
    Act,
    Appeal,
    Block,
    Case,
    Connection,
    ConnectionRequest,
    Id,
    Invitation,
    Membership,
    Moment,
    Mute,
    Notice,
    OwnershipOffer,
    Post,
    Scrap,
    Sig,
    Thread,
)

_MODERATED = str(mod_key(0))[:-1]


ME, NOW = bindparam("me", type_=Id), bindparam("now", type_=Moment())


def visible_notices(*columns: Any) -> Select[Any]:
    """SQL: the notices of a viewer that are about something which opens to them now; `fetch_visible` says who and when.

    It is large, so every statement made from it is built once, and its ring is given when it is executed.
    """
    return (
        select(*(columns or (Notice.c.notice_id,)))
        .select_from(Notice.table)
        .outerjoin(Post.table, Post.c.post_id == Notice.c.post_id)
        .outerjoin(Thread.table, Thread.c.thread_id == Post.c.thread_id)
        .outerjoin(Scrap.table, Scrap.c.scrap_id == Notice.c.scrap_id)
        .outerjoin(Sig.table, Sig.c.sig_id == Notice.c.sig_id)
        .outerjoin(Act.table, Act.c.act_id == Notice.c.act_id)
        .outerjoin(Case.table, Case.c.case_id == Notice.c.case_id)
        .outerjoin(Membership.table, _is_membership())
        .outerjoin(Appeal.table, Appeal.c.act_id == Notice.c.act_id)
        .where(Notice.c.member_id == ME, _opens(), or_(~_is_personal(), ~_stands_between()))
    )


async def fetch_visible(
    connection: AsyncConnection, statement: Select[Any], viewer: Viewer, now: datetime, **more: Any
) -> list[Row[Any]]:
    """The rows of a statement over `visible_notices`, for this viewer and moment."""
    values = {"ring": viewer.ring, "me": viewer.member_id, "now": now, **more}
    return list((await connection.execute(statement, values)).all())


def _is_membership() -> ColumnElement[bool]:
    return and_(Membership.c.sig_id == Notice.c.sig_id, Membership.c.member_id == Notice.c.member_id)


def _is_personal() -> ColumnElement[bool]:
    return Notice.c.kind.in_([kind.value for kind in PERSONAL])


def _stands_between() -> ColumnElement[bool]:
    """SQL: a block between member and actor, whoever made it, or that the member has muted the actor."""
    me, other = Notice.c.member_id, Notice.c.actor_id
    block, mute = Block.c, Mute.c
    return or_(
        exists().where(block.member_id == me, block.other_id == other),
        exists().where(block.member_id == other, block.other_id == me),
        exists().where(mute.member_id == me, mute.other_id == other),
    )


def _opens() -> ColumnElement[bool]:
    """SQL: for each kind, what must still stand and open."""
    me, other = Notice.c.member_id, Notice.c.actor_id
    request, invitation, offer = ConnectionRequest.c, Invitation.c, OwnershipOffer.c
    asked = exists().where(request.from_id == other, request.to_id == me, request.declined_at.is_(None))
    connected = exists().where(Connection.c.member_id == me, Connection.c.other_id == other)
    invited = exists().where(
        invitation.sig_id == Notice.c.sig_id, invitation.member_id == me, invitation.expires_at > NOW
    )
    offered = exists().where(offer.sig_id == Notice.c.sig_id, offer.to_id == me)
    post = and_(
        Post.c.number.is_not(None),
        Post.c.deleted_at.is_(None),
        opens(Post.c.key_set_id, RING),
        opens(Thread.c.key_set_id, RING),
    )
    rules = {
        NoticeKind.REPLY: post,
        NoticeKind.MENTION: post,
        NoticeKind.SCRAP: visible_scrap(RING),
        NoticeKind.REQUEST: asked,
        NoticeKind.ACCEPTED: connected,
        NoticeKind.INVITATION: invited,
        NoticeKind.ADMITTED: Membership.c.role.is_not(None),
        NoticeKind.TURNED_DOWN: opens(Sig.c.key_set_id, RING),
        NoticeKind.ROLE: Membership.c.role.is_not(None),
        NoticeKind.OFFER: offered,
        NoticeKind.QUEUE: _waits(),
        NoticeKind.ACT: Act.c.member_id == me,
        NoticeKind.APPEAL: and_(Act.c.member_id == me, Appeal.c.decided_at.is_not(None)),
    }
    return or_(*(and_(Notice.c.kind == kind.value, rule) for kind, rule in rules.items()))


def _waits() -> ColumnElement[bool]:
    """SQL: a case, or an appeal, that nobody has decided and that this viewer may."""
    case = and_(Case.c.closed_at.is_(None), opens(Case.c.key_set_id, RING))
    moderates = holds(literal(_MODERATED).concat(cast(sig_of_act(), Text)), RING)
    undecided = and_(Appeal.c.decided_at.is_(None), Appeal.c.made_at.is_not(None))
    appeal = and_(undecided, or_(moderates, holds(literal(STAFF, Text), RING)))
    return or_(and_(Notice.c.case_id.is_not(None), case), and_(Notice.c.act_id.is_not(None), appeal))


@cache
def notice_lines(*, with_words: bool = False) -> Select[Any]:
    """SQL: the rows that `lines_of` makes into lines; with what was written only where it goes into a mail."""
    words = (Post.c.html.label("post_html"), Scrap.c.html.label("scrap_html"), Scrap.c.is_private) if with_words else ()
    return visible_notices(*_COLUMNS, *words)


_COLUMNS = (
    Notice.c.notice_id,
    Notice.c.member_id,
    Notice.c.kind,
    Notice.c.actor_id,
    Notice.c.post_id,
    Notice.c.scrap_id,
    Notice.c.sig_id,
    Notice.c.act_id,
    Notice.c.case_id,
    Notice.c.made_at,
    Notice.c.seen_at,
    Thread.c.title,
    Scrap.c.owner_id,
    Sig.c.slug,
    Sig.c.name,
    opens(Sig.c.key_set_id, RING).label("is_sig_open"),
    Membership.c.role,
    Act.c.kind.label("act_kind"),
    Act.c.undone_at,
    Appeal.c.is_granted,
)


async def lines_of(connection: AsyncConnection, viewer: Viewer, rows: Sequence[Row[Any]]) -> tuple[NoticeLine, ...]:
    """The lines of these rows, in their order."""
    people = await find_people(connection, {row.actor_id for row in rows} - {None})
    return tuple(_line(row, people, viewer) for row in rows)


def _words_of(row: Row[Any]) -> str | None:
    """The beginning of what was written, where it was asked for; a private scrap stays where it is."""
    if not hasattr(row, "post_html"):
        return None
    html = row.post_html if row.post_id is not None else None if row.is_private else row.scrap_html
    if not html:
        return None
    text = plain_text(SafeHtml(html))
    return text if len(text) <= LONGEST_EXCERPT else f"{text[: LONGEST_EXCERPT - 1].rstrip()}…"


def _line(row: Row[Any], people: dict[int, Person], viewer: Viewer) -> NoticeLine:
    return NoticeLine(
        notice_id=row.notice_id,
        kind=NoticeKind(row.kind),
        made_at=row.made_at,
        is_seen=row.seen_at is not None,
        actor=_member(row.actor_id, people, viewer),
        title=row.title,
        sig_name=row.name if row.is_sig_open else None,
        sig_slug=row.slug if row.is_sig_open else None,
        post_id=row.post_id,
        scrap_id=row.scrap_id,
        act_id=row.act_id,
        case_id=row.case_id,
        is_mine=row.owner_id == row.member_id,
        is_of_house=row.sig_id is None,
        role=Role(row.role) if row.role else None,
        act_kind=row.act_kind,
        is_undone=row.undone_at is not None,
        is_granted=bool(row.is_granted),
        words=_words_of(row),
    )


def _member(member_id: int | None, people: dict[int, Person], viewer: Viewer) -> MemberLine | None:
    return line_of_member(people[member_id], viewer.ring) if member_id in people else None


def among(statement: Select[Any]) -> Select[Any]:
    """SQL: those of the rows whose ids are given as `notice_ids`, the oldest first."""
    ids: BindParameter[int] = bindparam("notice_ids", expanding=True)
    return statement.where(Notice.c.notice_id.in_(ids)).order_by(Notice.c.notice_id)
