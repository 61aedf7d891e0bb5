"""New communities and SIGs, by code: the demo, imports and tests."""

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.sigs import Circle, SigSettings, circle_key
from domain.visibility import PUBLIC
from storage.key_sets import intern_key_set
from storage.tables import Community, Sig

KEY_COLUMNS = {
    "existence": "key_set_id",
    "describing": "description_key_set_id",
    "listing": "listing_key_set_id",
    "reading": "content_key_set_id",
}
"""Where the key set of each circle is kept."""


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
    settings: SigSettings | Circle,
    now: datetime,
    site_id: int | None = None,
) -> int:
    """A new SIG; where only its readers are given, everyone may know of it and join."""
    chosen = SigSettings.read_by(settings) if isinstance(settings, Circle) else settings
    nowhere = dict.fromkeys(KEY_COLUMNS.values(), await intern_key_set(connection, frozenset({PUBLIC})))
    row = {
        "community_id": community_id,
        "slug": slug,
        "name": name,
        "description": description,
        **columns_of(chosen),
        **nowhere,
        "site_id": site_id,
        "created_at": now,
        "member_count": 0,
        "thread_count": 0,
        "post_count": 0,
    }
    added = await connection.execute(insert(Sig).values(row).returning(Sig.c.sig_id))
    sig_id: int = added.scalar_one()
    keys = await key_sets_of(connection, sig_id, chosen)
    await connection.execute(update(Sig).where(Sig.c.sig_id == sig_id).values(keys))
    return sig_id


def columns_of(settings: SigSettings) -> dict[str, object]:
    """The settings as the row of a SIG has them, but for the key sets."""
    circles = {name: circle.value for name, circle in settings.circles.items()}
    return {
        **circles,
        "joining": settings.joining.value,
        "question": settings.question,
        "rules": "\n".join(settings.rules),
        "holds_first_posts": settings.holds_first_posts,
    }


async def key_sets_of(connection: AsyncConnection, sig_id: int, settings: SigSettings) -> dict[str, int]:
    """The key set of each of the four circles, by its column."""
    circles = settings.circles
    return {
        column: await intern_key_set(connection, frozenset({circle_key(circles[name], sig_id)}))
        for name, column in KEY_COLUMNS.items()
    }
