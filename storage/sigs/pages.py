"""Pages of communities and SIGs, computed over what the viewer may see; each circle of a SIG has keys of its own."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Text, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.joining import refuse_to_ask, refuse_to_enter
from domain.roles import Permission, permits
from domain.sigs import (
    Circle,
    CommunityLine,
    CommunityPage,
    HomePage,
    Joining,
    Role,
    SigLine,
    SigPage,
    TagLine,
    chip_for_sig,
    refuse_to_post,
)
from domain.visibility import VISITOR, Viewer, sig_key
from storage.database import Database, fetch_all
from storage.forum.lists import Cursor, ThreadSlice, find_latest_threads, find_threads_of_sig
from storage.key_sets import RING, opens
from storage.prepared import Prepared
from storage.sigs.entering import has_ban, waiting_wishes
from storage.start_page.blocks import find_blocks
from storage.tables import Case, Community, Id, Member, Membership, Moment, Sig, SourceSite, Tag

_NO_TAGS: tuple[TagLine, ...] = ()
THREADS_ON_HOME = 12
TAGS_SHOWN = 24

_SIG_COLUMNS = (
    Sig.c.sig_id,
    Sig.c.slug,
    Sig.c.name,
    Sig.c.description,
    Sig.c.reading,
    Sig.c.member_count,
    Sig.c.thread_count,
    Sig.c.last_post_at,
    Community.c.slug.label("community_slug"),
    Community.c.name.label("community_name"),
    Community.c.description.label("community_description"),
)


def _visible_sigs() -> Select[Any]:
    """SQL: the SIGs that a ring opens."""
    return (
        select(
            *_SIG_COLUMNS,
            opens(Sig.c.content_key_set_id, RING).label("may_read"),
            opens(Sig.c.description_key_set_id, RING).label("is_described"),
        )
        .join(Community, Community.c.community_id == Sig.c.community_id)
        .where(opens(Sig.c.key_set_id, RING))
        .order_by(Community.c.position, Community.c.name, Sig.c.name)
    )


def _sig_line(row: Row[Any], viewer: Viewer) -> SigLine:
    """The number of people is for these people alone: it counts memberships that only they can list."""
    is_joined = sig_key(row.sig_id) in viewer.ring
    return SigLine(
        slug=row.slug,
        name=row.name,
        description=row.description if row.is_described else None,
        member_count=row.member_count if is_joined else None,
        key=chip_for_sig(Circle(row.reading), row.name),
        is_joined=is_joined,
        thread_count=row.thread_count if row.may_read else None,
        last_post_at=row.last_post_at if row.may_read else None,
    )


def _communities(rows: Iterable[Row[Any]], viewer: Viewer) -> tuple[CommunityLine, ...]:
    groups: dict[tuple[str, str, str], list[SigLine]] = {}
    for row in rows:
        head = (row.community_slug, row.community_name, row.community_description)
        groups.setdefault(head, []).append(_sig_line(row, viewer))
    return tuple(
        CommunityLine(slug=slug, name=name, description=description, sigs=tuple(sigs))
        for (slug, name, description), sigs in groups.items()
    )


async def find_home_page(database: Database, viewer: Viewer, now: datetime) -> HomePage:
    """Communities and the newest threads, as far as this viewer may see them; for members what is new around them."""
    async with database.reading() as connection:
        sigs = await _VISIBLE_SIGS.all(connection, {"ring": viewer.ring})
        threads = await find_latest_threads(connection, viewer, THREADS_ON_HOME)
        blocks = await find_blocks(connection, viewer, now)
    return HomePage(
        communities=_communities(sigs, viewer),
        threads=threads,
        newcomers=blocks.newcomers,
        interests=blocks.interests,
    )


async def find_community_page(database: Database, viewer: Viewer, slug: str) -> CommunityPage | None:
    """One community; None when it is unknown or none of it may be seen."""
    async with database.reading() as connection:
        sigs = await _SIGS_OF_COMMUNITY.all(connection, {"ring": viewer.ring, "slug": slug})
        if not sigs:
            return None
        sig_ids = [row.sig_id for row in sigs]
        threads = await find_latest_threads(connection, viewer, THREADS_ON_HOME, sig_ids)
    return CommunityPage(community=_communities(sigs, viewer)[0], threads=threads)


_SLUG, _ME, _NOW = bindparam("slug", type_=Text), bindparam("me", type_=Id), bindparam("now", type_=Moment())


_VISIBLE_SIGS = Prepared(lambda _dialect: _visible_sigs())
_SIGS_OF_COMMUNITY = Prepared(lambda _dialect: _visible_sigs().where(Community.c.slug == _SLUG))


def _sig_of_page(_dialect: str) -> Select[Any]:
    """SQL: one SIG with all that its page decides by."""
    mine = (Membership.c.sig_id == Sig.c.sig_id) & (Membership.c.member_id == _ME) & Member.c.in_good_standing
    role = select(Membership.c.role).join(Member, Member.c.member_id == Membership.c.member_id).where(mine)
    return (
        _visible_sigs()
        .where(Sig.c.slug == _SLUG)
        .outerjoin(SourceSite, SourceSite.c.site_id == Sig.c.site_id)
        .add_columns(
            SourceSite.c.name.label("source_name"),
            Sig.c.joining,
            Sig.c.rules,
            opens(Sig.c.key_set_id, VISITOR.ring).label("is_public"),
            opens(Sig.c.listing_key_set_id, RING).label("may_see_people"),
            role.correlate(Sig.table).scalar_subquery().label("role"),
            has_ban(_ME, Sig.c.sig_id, _NOW).label("is_banned"),
            exists(select(1).where(waiting_wishes(_ME, Sig.c.sig_id)).correlate_except(Case.table)).label("has_asked"),
        )
    )


_SIG_OF_PAGE = Prepared(_sig_of_page)


async def _find_sig(connection: AsyncConnection, viewer: Viewer, slug: str, now: datetime) -> Any:
    values = {"ring": viewer.ring, "slug": slug, "me": viewer.member_id, "now": now}
    return await _SIG_OF_PAGE.one(connection, values)


async def find_sig_page(
    database: Database,
    viewer: Viewer,
    slug: str,
    now: datetime,
    *,
    tag: str | None = None,
    before: Cursor | None = None,
    after: Cursor | None = None,
) -> SigPage | None:
    """A SIG with one page of its threads; those who may not read it get what it is for, and no more."""
    async with database.reading() as connection:
        row = await _find_sig(connection, viewer, slug, now)
        if row is None:
            return None
        page, tags = ThreadSlice(), _NO_TAGS
        if row.may_read:
            page = await find_threads_of_sig(connection, viewer, row.sig_id, tag=tag, before=before, after=after)
            tags = await _top_tags(connection, row.sig_id)
    return SigPage(
        sig=_sig_line(row, viewer),
        community_slug=row.community_slug,
        community_name=row.community_name,
        may_read=row.may_read,
        joining=Joining(row.joining),
        **_permitted(row),
        may_join=_may_join(row, viewer),
        has_asked=row.has_asked,
        may_see_people=row.may_see_people,
        is_public=row.is_public,
        rules=tuple(row.rules.split("\n")) if row.rules and row.is_described else (),
        may_post=refuse_to_post(viewer, row.sig_id) is None,
        threads=page.threads,
        pinned=page.pinned,
        tags=tags,
        tag=tag,
        newer=page.newer,
        older=page.older,
        **_source(row),
    )


def _source(row: Row[Any]) -> dict[str, Any]:
    """Where an imported SIG comes from."""
    return {"source_name": row.source_name, "source_url": f"https://{row.source_name}"} if row.source_name else {}


_ON_THE_PAGE = {
    "may_leave": Permission.LEAVE,
    "may_invite": Permission.INVITE,
    "may_change": Permission.CHANGE_SETTINGS,
    "may_log": Permission.READ_LOG,
    "may_queue": Permission.SEE_QUEUE,
}


def _permitted(row: Row[Any]) -> dict[str, Any]:
    """What the page offers to a role."""
    role = Role(row.role) if row.role else None
    return {name: permits(permission, role) for name, permission in _ON_THE_PAGE.items()}


def _may_join(row: Row[Any], viewer: Viewer) -> bool:
    """Whether the door is open: at once, or to those who ask."""
    if sig_key(row.sig_id) in viewer.ring:
        return False
    refusals = [refuse(viewer, Joining(row.joining), is_banned=row.is_banned) for refuse in _DOORS]
    return None in refusals


_DOORS = (refuse_to_enter, refuse_to_ask)


async def _top_tags(connection: AsyncConnection, sig_id: int) -> tuple[TagLine, ...]:
    rows = await fetch_all(connection, _TOP_TAGS, {"sig": sig_id})
    return tuple(TagLine(name=row.name, thread_count=row.thread_count) for row in rows)


_TOP_TAGS = (
    select(Tag.c.name, Tag.c.thread_count)
    .where(Tag.c.sig_id == bindparam("sig", type_=Id), Tag.c.thread_count > 0)
    .order_by(Tag.c.thread_count.desc(), Tag.c.name)
    .limit(TAGS_SHOWN)
)
