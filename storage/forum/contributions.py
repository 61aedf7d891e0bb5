"""What somebody wrote, as far as a ring opens it: for their personal page and their feed."""

from functools import cache

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import ContributionLine
from domain.visibility import Ring
from storage.key_sets import RING, WITHIN, opens
from storage.prepared import Prepared
from storage.tables import Id, Post, Sig, Thread

CONTRIBUTIONS_SHOWN = 5


async def list_contributions(
    connection: AsyncConnection,
    member_id: int,
    ring: Ring,
    within: Ring | None = None,
    limit: int = CONTRIBUTIONS_SHOWN,
) -> tuple[ContributionLine, ...]:
    """The newest posts of a member in threads that this ring opens, and `within` as well, the newest first."""
    asked = {"ring": ring, "member": member_id, "limit": limit} | ({"within": within} if within is not None else {})
    rows = await _newest_posts(within is not None).all(connection, asked)
    return tuple(
        ContributionLine(
            post_id=row.post_id,
            title=row.title,
            sig_name=row.sig_name,
            sig_slug=row.sig_slug,
            written_at=row.written_at,
            is_opening=row.number == 1,
        )
        for row in rows
    )


_MEMBER, _LIMIT = bindparam("member", type_=Id), bindparam("limit", type_=Integer)


@cache
def _newest_posts(is_within: bool) -> Prepared:
    """SQL: the newest posts of a member that one ring opens, or two."""
    rings = [RING, WITHIN] if is_within else [RING]
    newest = (
        select(
            Post.c.post_id,
            Post.c.number,
            Post.c.written_at,
            Thread.c.title,
            Sig.c.name.label("sig_name"),
            Sig.c.slug.label("sig_slug"),
        )
        .join(Thread, Thread.c.thread_id == Post.c.thread_id)
        .join(Sig, Sig.c.sig_id == Thread.c.sig_id)
        .where(
            Post.c.member_id == _MEMBER,
            Post.c.number.is_not(None),
            *(when.is_(None) for table in (Post, Thread) for when in (table.c.deleted_at, table.c.hidden_at)),
            *(opens(keys, one) for keys in (Post.c.key_set_id, Thread.c.key_set_id) for one in rings),
        )
        .order_by(Post.c.post_id.desc())
        .limit(_LIMIT)
    )
    return Prepared(lambda _dialect: newest)
