"""Communities, SIGs and memberships: lists computed over what the viewer may see, counters kept as things happen."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.refusals import Reason, Refused
from domain.sigs import (
    CommunityLine,
    CommunityPage,
    HomePage,
    Reading,
    Role,
    SigLine,
    SigPage,
    TagLine,
    chip_for_sig,
    refuse_to_join,
    refuse_to_leave,
    refuse_to_post,
    thread_keys,
)
from domain.visibility import PUBLIC, Audience, Scope, Viewer, may_see, sig_key
from storage.database import Database, fetch_all, fetch_one, insert_into
from storage.events import note
from storage.forum.lists import Cursor, ThreadSlice, find_latest_threads, find_threads_of_sig
from storage.key_sets import intern_key_set, opens, parse_keys
from storage.members.keys import close_circle, hide_membership, rewrite_keys, show_membership
from storage.tables import Community, KeySet, Membership, Sig, SourceSite, Tag

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
    KeySet.c.text.label("content_keys"),
)


def _visible_sigs(viewer: Viewer) -> Select[Any]:
    return (
        select(*_SIG_COLUMNS)
        .join(Community, Community.c.community_id == Sig.c.community_id)
        .join(KeySet, KeySet.c.key_set_id == Sig.c.content_key_set_id)
        .where(opens(Sig.c.key_set_id, viewer.ring))
        .order_by(Community.c.position, Community.c.name, Sig.c.name)
    )


def _sig_line(row: Row[Any], viewer: Viewer) -> SigLine:
    may_read = may_see(parse_keys(row.content_keys), viewer.ring)
    return SigLine(
        slug=row.slug,
        name=row.name,
        description=row.description,
        member_count=row.member_count,
        key=chip_for_sig(Reading(row.reading), row.name),
        is_joined=sig_key(row.sig_id) in viewer.ring,
        thread_count=row.thread_count if may_read else None,
        last_post_at=row.last_post_at if may_read else None,
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


async def find_home_page(database: Database, viewer: Viewer) -> HomePage:
    """Communities and the newest threads, as far as this viewer may see them."""
    async with database.reading() as connection:
        sigs = await fetch_all(connection, _visible_sigs(viewer))
        threads = await find_latest_threads(connection, viewer, THREADS_ON_HOME)
    return HomePage(communities=_communities(sigs, viewer), threads=threads)


async def find_community_page(database: Database, viewer: Viewer, slug: str) -> CommunityPage | None:
    """One community; None when it is unknown or none of it may be seen."""
    async with database.reading() as connection:
        sigs = await fetch_all(connection, _visible_sigs(viewer).where(Community.c.slug == slug))
        if not sigs:
            return None
        sig_ids = [row.sig_id for row in sigs]
        threads = await find_latest_threads(connection, viewer, THREADS_ON_HOME, sig_ids)
    return CommunityPage(community=_communities(sigs, viewer)[0], threads=threads)


async def find_sig_page(
    database: Database,
    viewer: Viewer,
    slug: str,
    *,
    tag: str | None = None,
    before: Cursor | None = None,
    after: Cursor | None = None,
) -> SigPage | None:
    """A SIG with one page of its threads; those who may not read it get what it is for, and no more."""
    statement = _visible_sigs(viewer).where(Sig.c.slug == slug).add_columns(SourceSite.c.name.label("source_name"))
    with_source = statement.outerjoin(SourceSite, SourceSite.c.site_id == Sig.c.site_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, with_source)
        if row is None:
            return None
        may_read = may_see(parse_keys(row.content_keys), viewer.ring)
        page, tags = ThreadSlice(), _NO_TAGS
        if may_read:
            page = await find_threads_of_sig(connection, viewer, row.sig_id, tag=tag, before=before, after=after)
            tags = await _top_tags(connection, row.sig_id)
    is_joined = sig_key(row.sig_id) in viewer.ring
    return SigPage(
        sig=_sig_line(row, viewer),
        community_slug=row.community_slug,
        community_name=row.community_name,
        may_read=may_read,
        may_join=not is_joined and refuse_to_join(viewer) is None,
        may_leave=is_joined,
        may_post=refuse_to_post(viewer, row.sig_id) is None,
        threads=page.threads,
        tags=tags,
        tag=tag,
        newer=page.newer,
        older=page.older,
        source_name=row.source_name,
        source_url=f"https://{row.source_name}" if row.source_name else None,
    )


async def _top_tags(connection: AsyncConnection, sig_id: int) -> tuple[TagLine, ...]:
    statement = (
        select(Tag.c.name, Tag.c.thread_count)
        .where(Tag.c.sig_id == sig_id, Tag.c.thread_count > 0)
        .order_by(Tag.c.thread_count.desc(), Tag.c.name)
        .limit(TAGS_SHOWN)
    )
    return tuple(
        TagLine(name=row.name, thread_count=row.thread_count) for row in await fetch_all(connection, statement)
    )


async def add_community(connection: AsyncConnection, slug: str, name: str, description: str, position: int = 0) -> int:
    """A new community."""
    row = {"slug": slug, "name": name, "description": description, "position": position}
    added = await connection.execute(insert(Community).values(row).returning(Community.c.community_id))
    community_id: int = added.scalar_one()
    return community_id


async def add_sig(
    connection: AsyncConnection,
    community_id: int,
    slug: str,
    name: str,
    description: str,
    reading: Reading,
    now: datetime,
    site_id: int | None = None,
) -> int:
    """A new SIG: everyone may know that it exists, and `reading` says who may read what is said in it."""
    public = await intern_key_set(connection, frozenset({PUBLIC}))
    row = {
        "community_id": community_id,
        "slug": slug,
        "name": name,
        "description": description,
        "reading": reading.value,
        "key_set_id": public,
        "content_key_set_id": public,
        "site_id": site_id,
        "created_at": now,
        "member_count": 0,
        "thread_count": 0,
        "post_count": 0,
    }
    added = await connection.execute(insert(Sig).values(row).returning(Sig.c.sig_id))
    sig_id: int = added.scalar_one()
    content = await intern_key_set(connection, thread_keys(reading, sig_id))
    await connection.execute(update(Sig).where(Sig.c.sig_id == sig_id).values(content_key_set_id=content))
    return sig_id


async def add_membership(connection: AsyncConnection, member_id: int, sig_id: int, role: Role, now: datetime) -> bool:
    """Make someone a member of a SIG, with counter and keys; False when they already were."""
    row = {"sig_id": sig_id, "member_id": member_id, "role": role.value, "joined_at": now}
    joining = insert_into(connection, Membership).values(row).on_conflict_do_nothing()
    if (await connection.execute(joining)).rowcount == 0:
        return False
    await _count_members(connection, sig_id, +1)
    await show_membership(connection, member_id, sig_id, now)
    await rewrite_keys(connection, member_id, now)
    return True


async def _role_of(connection: AsyncConnection, member_id: int, sig_id: int) -> Role | None:
    statement = select(Membership.c.role).where(Membership.c.sig_id == sig_id, Membership.c.member_id == member_id)
    role = (await connection.execute(statement)).scalar()
    return None if role is None else Role(role)


async def _count_members(connection: AsyncConnection, sig_id: int, change: int) -> None:
    counting = update(Sig).where(Sig.c.sig_id == sig_id).values(member_count=Sig.c.member_count + change)
    await connection.execute(counting)


async def _find_visible_sig(connection: AsyncConnection, viewer: Viewer, slug: str) -> int | None:
    statement = select(Sig.c.sig_id).where(Sig.c.slug == slug, opens(Sig.c.key_set_id, viewer.ring))
    sig_id: int | None = (await connection.execute(statement)).scalar()
    return sig_id


async def join_sig(database: Database, viewer: Viewer, slug: str, now: datetime) -> Refused | None:
    """Join an open SIG; joining twice is joining once."""
    async with database.writing() as connection:
        sig_id = await _find_visible_sig(connection, viewer, slug)
        if sig_id is None or viewer.member_id is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_join(viewer):
            return refused
        if await add_membership(connection, viewer.member_id, sig_id, Role.MEMBER, now):
            await note(connection, "sig.joined", now, sig_id=sig_id, member_id=viewer.member_id)
    return None


async def leave_sig(database: Database, viewer: Viewer, slug: str, now: datetime) -> Refused | None:
    """Leave a SIG: whatever was open to it alone closes in the same transaction."""
    async with database.writing() as connection:
        sig_id = await _find_visible_sig(connection, viewer, slug)
        if sig_id is None or viewer.member_id is None:
            return Refused(Reason.MISSING)
        holding = select(Sig.c.sig_id).where(Sig.c.sig_id == sig_id).with_for_update(key_share=True)
        await connection.execute(holding)  # so that owners leave one after the other, and one stays
        role = await _role_of(connection, viewer.member_id, sig_id)
        if refused := refuse_to_leave(role, await _count_other_owners(connection, viewer.member_id, sig_id)):
            return refused
        leaving = delete(Membership).where(Membership.c.sig_id == sig_id, Membership.c.member_id == viewer.member_id)
        await connection.execute(leaving)
        await _count_members(connection, sig_id, -1)
        await hide_membership(connection, viewer.member_id, sig_id, now)
        await close_circle(connection, viewer.member_id, Audience(Scope.SIG, sig_id), now)
        await note(connection, "sig.left", now, sig_id=sig_id, member_id=viewer.member_id)
    return None


async def _count_other_owners(connection: AsyncConnection, member_id: int, sig_id: int) -> int:
    statement = select(func.count()).where(
        Membership.c.sig_id == sig_id, Membership.c.member_id != member_id, Membership.c.role == Role.OWNER
    )
    counted: int = (await connection.execute(statement)).scalar_one()
    return counted
