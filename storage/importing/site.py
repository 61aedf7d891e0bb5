"""The site's own row with its checkpoint, and the SIG that it becomes.

The checkpoint moves in the transaction of the rows that it counts, from the exact place where it was: after a kill the
import goes on behind the last batch that was kept, and of two imports of one site at a time the second one stops.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.sigs import Circle
from domain.visibility import STAFF
from storage.database import fetch_one
from storage.importing.stored import COMMUNITIES, SIGS, SITES, Place
from storage.key_sets import intern_key_set
from storage.sigs.adding import KEY_COLUMNS, add_sig

STEPS: Final = ("authors", "tags", "threads", "replies", "comments", "links", "publishing")
DONE: Final = "done"

_COMMUNITY: Final = {
    "slug": "imported",
    "name": "From elsewhere",
    "description": "Conversations from other places on the web, brought here under their open licences.",
    "position": 1_000,
}
_NAMES: Final = {
    "ai": "Artificial Intelligence",
    "alcohol": "Beer, Wine & Spirits",
    "bicycles": "Bicycles",
    "conlang": "Constructed Languages",
    "pm": "Project Management",
    "quantumcomputing": "Quantum Computing",
    "workplace": "The Workplace",
}
"""Sites whose names cannot be read from their addresses."""

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class AnotherImport(RuntimeError):
    """Another import of the same site is running; it goes on, this one stops."""


class SigTaken(ValueError):
    """The SIG that the site should become is somebody else's, or the site is another SIG already."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the import came: rows of a step that are done, in the order of the source."""

    step: str
    rows_done: int = 0


async def begin(
    connection: AsyncConnection, site: str, digest: str, now: datetime, slug: str | None
) -> tuple[Place, Checkpoint, bool]:
    """Find or make the site's row and SIG; gives as well where to go on, and whether nothing was ever published.

    An archive that was left halfway goes on from there, any other one from the start. Raises SigTaken.
    """
    columns = SITES.c.site_id, SITES.c.digest, SITES.c.step, SITES.c.rows_done, SITES.c.finished_at
    known = await fetch_one(connection, select(*columns).where(SITES.c.name == site))
    start = Checkpoint(STEPS[0])
    if known is None:
        values = {"name": site, "digest": digest, "step": start.step, "rows_done": 0, "counts": "{}", "started_at": now}
        added = await connection.execute(insert(SITES).values(values).returning(SITES.c.site_id))
        site_id: int = added.scalar_one()
    else:
        site_id = known.site_id
        if known.digest == digest and known.step in STEPS:
            start = Checkpoint(known.step, known.rows_done)
        values = {"digest": digest, "step": start.step, "rows_done": start.rows_done}
        await connection.execute(update(SITES).where(SITES.c.site_id == site_id).values(values))
    hidden_id = await intern_key_set(connection, frozenset({STAFF}))
    sig_id, sig_slug = await _find_or_make_sig(connection, site, site_id, hidden_id, now, slug)
    return Place(site_id, site, sig_id, sig_slug, hidden_id), start, known is None or known.finished_at is None


async def advance(
    connection: AsyncConnection, place: Place, digest: str, before: Checkpoint, after: Checkpoint
) -> None:
    """Move the checkpoint in this transaction. Raises AnotherImport when it is not where this import left it."""
    was_here = SITES.c.digest == digest, SITES.c.step == before.step, SITES.c.rows_done == before.rows_done
    moved = await connection.execute(
        update(SITES)
        .where(SITES.c.site_id == place.site_id, *was_here)
        .values(step=after.step, rows_done=after.rows_done)
    )
    if moved.rowcount != 1:
        raise AnotherImport(f"another import of {place.site} is running")


async def _find_or_make_sig(
    connection: AsyncConnection, site: str, site_id: int, hidden_id: int, now: datetime, slug: str | None
) -> tuple[int, str]:
    known = await fetch_one(connection, select(SIGS.c.sig_id, SIGS.c.slug).where(SIGS.c.site_id == site_id))
    if known:
        if slug and slug != known.slug:
            raise SigTaken(f"{site} is the SIG '{known.slug}' already")
        return known.sig_id, known.slug
    chosen = await _free_slug(
        connection, (slug,) if slug else (short_name(site).replace(".", "-"), site.replace(".", "-"))
    )
    community = await _find_or_make_community(connection)
    about = f"What was asked, answered and remarked at {site}, with its authors named under each post."
    sig_id = await add_sig(connection, community, chosen, title_of(site), about, Circle.EVERYONE, now, site_id)
    hidden = dict.fromkeys(KEY_COLUMNS.values(), hidden_id)
    await connection.execute(update(SIGS).where(SIGS.c.sig_id == sig_id).values(hidden))
    return sig_id, chosen


async def _free_slug(connection: AsyncConnection, slugs: tuple[str, ...]) -> str:
    for slug in slugs:
        if not _SLUG.fullmatch(slug):
            raise SigTaken(f"'{slug}' is no name for a SIG: small letters, digits and hyphens only")
        if await fetch_one(connection, select(SIGS.c.sig_id).where(SIGS.c.slug == slug)) is None:
            return slug
    raise SigTaken(f"there is a SIG '{slugs[-1]}' already, which is not this site")


async def _find_or_make_community(connection: AsyncConnection) -> int:
    slug = COMMUNITIES.c.slug == _COMMUNITY["slug"]
    known = (await connection.execute(select(COMMUNITIES.c.community_id).where(slug))).scalar()
    if known is not None:
        return int(known)
    added = await connection.execute(insert(COMMUNITIES).values(_COMMUNITY).returning(COMMUNITIES.c.community_id))
    return int(added.scalar_one())


def short_name(site: str) -> str:
    """A site without the part of its address that all of them share: `ai`, `bicycles.meta`, `stackoverflow`."""
    for ending in (".stackexchange.com", ".com", ".net", ".org"):
        if site.endswith(ending):
            return site.removesuffix(ending)
    return site


def title_of(site: str) -> str:
    """A name for people: `Bicycles (meta)` for bicycles.meta.stackexchange.com."""
    short = short_name(site)
    topic = short.removesuffix(".meta")
    name = _NAMES.get(topic) or topic.replace(".", " ").replace("-", " ").title()
    return name if topic == short else f"{name} (meta)"
